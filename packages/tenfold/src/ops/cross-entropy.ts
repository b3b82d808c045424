/**
 * Softmax cross entropy, averaged over all rows:
 *
 *   loss = -(1 / R) sum over rows r and classes k of target[r, k] * log softmax(x[r])[k]
 *
 * with the smoothed target (1 - s) * onehot(label) + s / K (Szegedy et al. 2016, section 7).
 * gradient(x) = (softmax(x) - target) / R * gradient(loss).
 */

import { elements, empty, type Operand } from '../device/device.js';
import { OptionError, ShapeError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { allChannels, apply, type Operator } from './_operator.js';
import { softmaxRecord } from './softmax.js';

export interface CrossEntropyOptions {
  /** The share of the target that is spread evenly over all classes, from 0 to 1. @default 0 */
  readonly labelSmoothing?: number;
}

export interface CrossEntropyRecord {
  readonly shape: readonly number[];
  readonly rows: number;
  readonly classes: number;
  readonly labelSmoothing: number;
}

export function crossEntropyRecord(
  shape: readonly number[],
  labelsShape: readonly number[],
  { labelSmoothing = 0 }: CrossEntropyOptions = {},
): CrossEntropyRecord {
  const operator = 'crossEntropy';
  const record = softmaxRecord(operator, shape);
  const expected = shape.slice(0, -1);
  if (expected.length !== labelsShape.length || expected.some((side, axis) => side !== labelsShape[axis])) {
    throw new ShapeError(
      `logits [${shape.join(', ')}] need labels of shape [${expected.join(', ')}], not [${labelsShape.join(', ')}]`,
      { operator, rule: 'labels shape', got: labelsShape, expected },
    );
  }
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new OptionError(`labelSmoothing must lie between 0 and 1, not ${labelSmoothing}`, {
      operator,
      rule: 'labelSmoothing',
      got: labelSmoothing,
      expected: '0 to 1',
    });
  }
  return { ...record, labelSmoothing };
}

export const crossEntropyOperator: Operator<CrossEntropyRecord, readonly [logits: Operand, labels: Operand]> =
  {
    name: 'crossEntropy',
    dtypes: ['float32', 'int32'],
    outputs: () => [{ shape: [], dtype: 'float32' }],
    cost: ({ shape }) => ({ multiplyAccumulates: 0, otherOperations: 5 * elements(shape) }),
    field: () => ({ kind: 'global' }),
    channels: () => allChannels,
    forward: (device, record, [logits, labels], [loss]) =>
      device.run('crossEntropy', record, { logits, labels, loss }),
    retain: () => ({ inputs: [0, 1] }),
    backward(record, { device, inputs: [logits, labels], gradient }) {
      const logitsGradient = empty(device, { shape: record.shape, dtype: 'float32' });
      device.run('crossEntropyGradient', record, { logits, labels, gradient, logitsGradient });
      return [logitsGradient, undefined];
    },
  };

/**
 * The mean cross entropy between logits [N, K] and int32 labels [N], or, for dense prediction, logits [N, H, W, K] and
 * labels [N, H, W]: a scalar. Over no rows it is NaN.
 *
 * @throws ShapeError if the shapes do not fit or the labels are not int32; OptionError for labelSmoothing outside 0
 *   to 1, and, on devices that can be read without waiting, for a label that is no class (elsewhere the loss is NaN).
 */
export function crossEntropy(logits: Tensor, labels: Tensor, options?: CrossEntropyOptions): Tensor {
  const record = crossEntropyRecord(logits.shape, labels.shape, options);
  checkLabels(labels, record.classes);
  return apply(crossEntropyOperator, record, [logits, labels]);
}

function checkLabels(labels: Tensor, classes: number): void {
  const operator = 'crossEntropy';
  if (labels.dtype !== 'int32' || labels.device.readSync === undefined) return;
  const values = labels.dataSync();
  const position = values.findIndex((label) => label < 0 || label >= classes);
  if (position >= 0) {
    throw new OptionError(
      `label ${values[position]} at position ${position} is no class: the logits have classes 0 to ${classes - 1}`,
      { operator, rule: 'label', got: values[position], expected: `0 to ${classes - 1}` },
    );
  }
}
