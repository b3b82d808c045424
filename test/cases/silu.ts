import { silu } from 'tenfold';
import { elementwiseCases } from './_elementwise.js';

export const cases = elementwiseCases(silu, { from: -9, to: 9 });
