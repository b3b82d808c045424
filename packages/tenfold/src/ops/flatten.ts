/**
 * Images [N, H, W, C] as rows [N, C * H * W], in the order channel, height, width: the order in which PyTorch
 * flattens, and so the one that published classifiers (AlexNet, VGG) were trained with. The gradient is put back.
 */

import { elements, empty, type Operand } from '../device/device.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { apply, type Operator, viewOf } from './_operator.js';
import { permuteInto } from './_permute.js';

export interface FlattenRecord {
  readonly xShape: readonly number[];
  readonly batch: number;
  readonly pixels: number;
  readonly channels: number;
}

export function flattenRecord(xShape: readonly number[]): FlattenRecord {
  if (xShape.length < 2) {
    throw new ShapeError(`expects shape [N, ..., C], but the input has shape [${xShape.join(', ')}]`, {
      operator: 'flatten',
      rule: 'rank',
      got: xShape.length,
      expected: 'at least 2',
    });
  }
  return { xShape, batch: xShape[0]!, pixels: elements(xShape.slice(1, -1)), channels: xShape.at(-1)! };
}

/** Whether there is only one channel, or one pixel. */
function isInOrder({ pixels, channels }: FlattenRecord): boolean {
  return pixels === 1 || channels === 1;
}

export const flattenOperator: Operator<FlattenRecord, readonly [x: Operand]> = {
  name: 'flatten',
  outputs: ({ batch, pixels, channels }) => [{ shape: [batch, pixels * channels], dtype: 'float32' }],
  cost: () => ({ multiplyAccumulates: 0, otherOperations: 0 }),
  field: () => ({ kind: 'global' }),
  view: isInOrder,
  channels: ({ pixels }) => ({ kind: 'list', list: (channel) => [Math.floor(channel / pixels)] }),
  forward: (device, { batch, pixels, channels }, [x], [y]) =>
    permuteInto(device, [batch, pixels, channels], [0, 2, 1], x, y!),
  retain: () => ({}),
  backward(record, { device, gradient }) {
    const { xShape, batch, pixels, channels } = record;
    if (isInOrder(record)) return [viewOf(gradient, xShape)];
    const xGradient = empty(device, { shape: xShape, dtype: 'float32' });
    permuteInto(device, [batch, channels, pixels], [0, 2, 1], gradient, xGradient);
    return [xGradient];
  },
};

/**
 * Rows [N, C * H * W] from images [N, H, W, C], in the order C, H, W.
 *
 * @throws ShapeError for an input of less than two axes.
 */
export function flatten(x: Tensor): Tensor {
  return apply(flattenOperator, flattenRecord(x.shape), [x]);
}
