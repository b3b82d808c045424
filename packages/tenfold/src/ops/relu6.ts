/**
 * y = min(max(x, 0), 6) (Krizhevsky 2010, "Convolutional Deep Belief Networks on CIFAR-10"; MobileNet v1 and v2).
 * gradient(x) = gradient(y) where 0 < y < 6, else 0.
 */

import type { Tensor } from '../tensor/tensor.js';
import { applyElementwise, elementwiseOperator } from './_elementwise.js';

export const relu6Operator = elementwiseOperator({ name: 'relu6', gradientReads: 'y', operations: 2 });

/** x between 0 and 6, of any shape; NaN stays NaN. */
export function relu6(x: Tensor): Tensor {
  return applyElementwise(relu6Operator, x, {});
}
