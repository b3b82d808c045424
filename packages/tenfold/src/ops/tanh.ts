/** y = tanh(x). gradient(x) = gradient(y) * (1 - y * y). */

import type { Tensor } from '../tensor/tensor.js';
import { applyElementwise, elementwiseOperator } from './_elementwise.js';

export const tanhOperator = elementwiseOperator({ name: 'tanh', gradientReads: 'y', operations: 5 });

/** The hyperbolic tangent of x, of any shape. */
export function tanh(x: Tensor): Tensor {
  return applyElementwise(tanhOperator, x, {});
}
