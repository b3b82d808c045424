/**
 * Dropout (Srivastava et al. 2014), inverted: each element is zeroed with probability p, and the others are divided by
 * 1 - p, so that evaluation needs no change. The gradient is dropped alike; the mask is not stored, the backward pass
 * draws the same random numbers again.
 */

import { elements, type Operand } from '../device/device.js';
import { OptionError } from '../errors.js';
import { nextDraw, type PhiloxKey, philoxKey, type RandomKey } from '../tensor/random.js';
import type { Tensor } from '../tensor/tensor.js';
import { elementwiseGradient } from './_elementwise.js';
import { apply, type Operator, ownChannel } from './_operator.js';

export interface DropoutOptions {
  /** The probability of dropping an element. @default 0.5 */
  readonly p?: number;
  /** If not, x is returned as it is. */
  readonly training: boolean;
  /** Which random numbers to draw. @default the next ones of this training step */
  readonly key?: RandomKey;
}

export interface DropoutRecord extends PhiloxKey {
  readonly shape: readonly number[];
  readonly length: number;
  /** An element is dropped if its random number, from 0 to 2^32 - 1, is below this. */
  readonly threshold: number;
  readonly scale: number;
}

export function dropoutRecord(shape: readonly number[], p: number, key: RandomKey): DropoutRecord {
  if (!(p >= 0 && p < 1)) {
    throw new OptionError(`p must be at least 0 and below 1, not ${p}`, {
      operator: 'dropout',
      rule: 'p',
      got: p,
      expected: '0 <= p < 1',
    });
  }
  const threshold = Math.min(Math.round(p * 0x100000000), 0xffffffff);
  return { ...philoxKey(key), shape, length: elements(shape), threshold, scale: 1 / (1 - p) };
}

export const dropoutOperator: Operator<DropoutRecord, readonly [x: Operand]> = {
  name: 'dropout',
  outputs: ({ shape }) => [{ shape, dtype: 'float32' }],
  cost: ({ length }) => ({ multiplyAccumulates: 0, otherOperations: length }),
  field: () => ({ kind: 'pointwise' }),
  channels: () => ownChannel,
  forward: (device, record, [x], [y]) => device.run('dropout', record, { x, y }),
  retain: () => ({}),
  backward(record, { device, gradient }) {
    const xGradient = elementwiseGradient(gradient);
    device.run('dropout', record, { x: gradient, y: xGradient });
    return [xGradient];
  },
};

/**
 * Zeroes each element of x, of any shape, with probability p, and scales the others by 1 / (1 - p).
 *
 * @throws OptionError unless 0 <= p < 1.
 */
export function dropout(x: Tensor, { p = 0.5, training, key }: DropoutOptions): Tensor {
  if (!training) return x;
  return apply(dropoutOperator, dropoutRecord(x.shape, p, key ?? nextDraw('dropout')), [x]);
}
