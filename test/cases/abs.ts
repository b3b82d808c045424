import { abs } from 'tenfold';
import { elementwiseCases } from './_elementwise.js';

export const cases = elementwiseCases(abs, { from: -2, to: 2, kinks: [0] });
