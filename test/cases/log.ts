import { log } from 'tenfold';
import { elementwiseCases } from './_elementwise.js';

export const cases = elementwiseCases(log, { from: 0.25, to: 9 });
