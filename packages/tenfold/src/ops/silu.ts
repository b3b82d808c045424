/**
 * y = x * s with s = sigmoid(x) (Elfwing, Uchibe and Doya 2017, arXiv:1702.03118; Ramachandran, Zoph and Le 2017,
 * arXiv:1710.05941, as swish; EfficientNet). gradient(x) = gradient(y) * s * (1 + x * (1 - s)).
 */

import type { Tensor } from '../tensor/tensor.js';
import { applyElementwise, elementwiseOperator } from './_elementwise.js';

export const siluOperator = elementwiseOperator({ name: 'silu', gradientReads: 'x', operations: 4 });

/** x times its logistic function, of any shape. At minus infinity it is NaN, as in PyTorch. */
export function silu(x: Tensor): Tensor {
  return applyElementwise(siluOperator, x, {});
}
