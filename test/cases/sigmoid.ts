import { sigmoid } from 'tenfold';
import { elementwiseCases } from './_elementwise.js';

export const cases = elementwiseCases(sigmoid, { from: -9, to: 9 });
