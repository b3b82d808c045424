import { mul } from 'tenfold';
import { broadcastCases } from './_broadcast.js';

export const cases = broadcastCases(mul);
