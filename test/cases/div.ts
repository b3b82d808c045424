import { div } from 'tenfold';
import { broadcastCases } from './_broadcast.js';

export const cases = broadcastCases(div, 'positive');
