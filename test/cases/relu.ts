import { relu } from 'tenfold';
import { elementwiseCases } from './_elementwise.js';

export const cases = elementwiseCases(relu, { from: -2, to: 2, kinks: [0] });
