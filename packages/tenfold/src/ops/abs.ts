/** y = |x|. gradient(x) = gradient(y) times the sign of x, which is 0 at 0. */

import type { Tensor } from '../tensor/tensor.js';
import { applyElementwise, elementwiseOperator } from './_elementwise.js';

export const absOperator = elementwiseOperator({ name: 'abs', gradientReads: 'x', operations: 1 });

/** The absolute value of x, of any shape. */
export function abs(x: Tensor): Tensor {
  return applyElementwise(absOperator, x, {});
}
