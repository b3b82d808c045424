/** y = sqrt(x). gradient(x) = gradient(y) / (2 * y), which is infinite at 0. */

import type { Tensor } from '../tensor/tensor.js';
import { applyElementwise, elementwiseOperator } from './_elementwise.js';

export const sqrtOperator = elementwiseOperator({ name: 'sqrt', gradientReads: 'y', operations: 1 });

/** The square root of x, of any shape; NaN of negative numbers. */
export function sqrt(x: Tensor): Tensor {
  return applyElementwise(sqrtOperator, x, {});
}
