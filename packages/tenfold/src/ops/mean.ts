/** Mean over axes: the sum divided by the number of summed elements. */

import { elements, type Operand } from '../device/device.js';
import type { Tensor } from '../tensor/tensor.js';
import { apply, type Operator } from './_operator.js';
import { type ReduceOptions, type SumRecord, sumOperator, sumRecord } from './sum.js';

export function meanRecord(operator: string, xShape: readonly number[], options?: ReduceOptions): SumRecord {
  const record = sumRecord(operator, xShape, options);
  return { ...record, scale: 1 / elements(record.axes.map((axis) => xShape[axis]!)) };
}

export const meanOperator: Operator<SumRecord, readonly [x: Operand]> = { ...sumOperator, name: 'mean' };

/**
 * The mean of x over `axes` (all of them if not given); NaN over nothing.
 *
 * @throws OptionError for an axis that x does not have, or that is given twice.
 */
export function mean(x: Tensor, options?: ReduceOptions): Tensor {
  return apply(meanOperator, meanRecord('mean', x.shape, options), [x]);
}
