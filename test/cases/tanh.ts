import { tanh } from 'tenfold';
import { elementwiseCases } from './_elementwise.js';

export const cases = elementwiseCases(tanh, { from: -4, to: 4 });
