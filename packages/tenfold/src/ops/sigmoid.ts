/** y = 1 / (1 + exp(-x)), the logistic function. gradient(x) = gradient(y) * y * (1 - y). */

import type { Tensor } from '../tensor/tensor.js';
import { applyElementwise, elementwiseOperator } from './_elementwise.js';

export const sigmoidOperator = elementwiseOperator({ name: 'sigmoid', gradientReads: 'y', operations: 3 });

/** The logistic function of x, of any shape; it neither overflows nor loses relative precision far from 0. */
export function sigmoid(x: Tensor): Tensor {
  return applyElementwise(sigmoidOperator, x, {});
}
