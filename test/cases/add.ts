import { add } from 'tenfold';
import { broadcastCases } from './_broadcast.js';

export const cases = broadcastCases(add);
