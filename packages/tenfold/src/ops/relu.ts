/**
 * y = max(x, 0) (Nair and Hinton 2010, "Rectified Linear Units Improve Restricted Boltzmann Machines").
 * gradient(x) = 0 where y <= 0, else gradient(y), so at NaN too, as in PyTorch.
 */

import type { Tensor } from '../tensor/tensor.js';
import { applyElementwise, elementwiseOperator } from './_elementwise.js';

export const reluOperator = elementwiseOperator({ name: 'relu', gradientReads: 'y', operations: 1 });

/** The positive part of x, of any shape; NaN stays NaN. */
export function relu(x: Tensor): Tensor {
  return applyElementwise(reluOperator, x, {});
}
