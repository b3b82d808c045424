import { hardsigmoid } from 'tenfold';
import { elementwiseCases } from './_elementwise.js';

export const cases = elementwiseCases(hardsigmoid, { from: -6, to: 6, kinks: [-3, 3] });
