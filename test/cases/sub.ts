import { sub } from 'tenfold';
import { broadcastCases } from './_broadcast.js';

export const cases = broadcastCases(sub);
