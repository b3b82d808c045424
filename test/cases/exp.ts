import { exp } from 'tenfold';
import { elementwiseCases } from './_elementwise.js';

export const cases = elementwiseCases(exp, { from: -4, to: 4 });
