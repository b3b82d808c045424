import { relu6 } from 'tenfold';
import { elementwiseCases } from './_elementwise.js';

export const cases = elementwiseCases(relu6, { from: -3, to: 9, kinks: [0, 6] });
