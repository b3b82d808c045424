/** The mean of each channel over the whole image (Lin et al. 2014, section 3.2): the mean over height and width. */

import type { Operand } from '../device/device.js';
import type { Tensor } from '../tensor/tensor.js';
import { apply, type Operator } from './_operator.js';
import { imageShape } from './_window.js';
import { meanOperator, meanRecord } from './mean.js';
import type { SumRecord } from './sum.js';

export function globalAvgPoolRecord(xShape: readonly number[]): SumRecord {
  return meanRecord('globalAvgPool', imageShape('globalAvgPool', xShape), { axes: [1, 2], keepDims: true });
}

export const globalAvgPoolOperator: Operator<SumRecord, readonly [x: Operand]> = {
  ...meanOperator,
  name: 'globalAvgPool',
};

/**
 * The mean of each channel of x [N, H, W, C] over all pixels: [N, 1, 1, C].
 *
 * @throws ShapeError unless x has four axes.
 */
export function globalAvgPool(x: Tensor): Tensor {
  return apply(globalAvgPoolOperator, globalAvgPoolRecord(x.shape), [x]);
}
