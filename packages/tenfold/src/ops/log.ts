/** y = log(x), the natural logarithm. gradient(x) = gradient(y) / x. */

import type { Tensor } from '../tensor/tensor.js';
import { applyElementwise, elementwiseOperator } from './_elementwise.js';

export const logOperator = elementwiseOperator({ name: 'log', gradientReads: 'x', operations: 1 });

/** The natural logarithm of x, of any shape: minus infinity of 0, NaN of negative numbers. */
export function log(x: Tensor): Tensor {
  return applyElementwise(logOperator, x, {});
}
