/**
 * y = x * min(max(x + 3, 0), 6) / 6, a SiLU of parabola and lines (Howard et al. 2019, "Searching for MobileNetV3",
 * arXiv:1905.02244). gradient(x) = gradient(y) * (0 where x <= -3, 1 where x >= 3, else x / 3 + 1 / 2).
 */

import type { Tensor } from '../tensor/tensor.js';
import { applyElementwise, elementwiseOperator } from './_elementwise.js';

export const hardswishOperator = elementwiseOperator({
  name: 'hardswish',
  gradientReads: 'x',
  operations: 5,
});

/** x times its hard sigmoid, of any shape. At minus infinity it is NaN, as in PyTorch. */
export function hardswish(x: Tensor): Tensor {
  return applyElementwise(hardswishOperator, x, {});
}
