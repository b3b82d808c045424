/** y = exp(x). gradient(x) = gradient(y) * y. */

import type { Tensor } from '../tensor/tensor.js';
import { applyElementwise, elementwiseOperator } from './_elementwise.js';

export const expOperator = elementwiseOperator({ name: 'exp', gradientReads: 'y', operations: 1 });

/** The exponential of x, of any shape. */
export function exp(x: Tensor): Tensor {
  return applyElementwise(expOperator, x, {});
}
