/**
 * y = min(max(x + 3, 0), 6) / 6, a sigmoid of straight lines (Howard et al. 2019, "Searching for MobileNetV3",
 * arXiv:1905.02244). gradient(x) = gradient(y) / 6 where -3 < x < 3, else 0.
 */

import type { Tensor } from '../tensor/tensor.js';
import { applyElementwise, elementwiseOperator } from './_elementwise.js';

export const hardsigmoidOperator = elementwiseOperator({
  name: 'hardsigmoid',
  gradientReads: 'x',
  operations: 4,
});

/** The sigmoid of straight lines of x, of any shape. */
export function hardsigmoid(x: Tensor): Tensor {
  return applyElementwise(hardsigmoidOperator, x, {});
}
