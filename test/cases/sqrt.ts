import { sqrt } from 'tenfold';
import { elementwiseCases } from './_elementwise.js';

export const cases = elementwiseCases(sqrt, { from: 0.25, to: 9 });
