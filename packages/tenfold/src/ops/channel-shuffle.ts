/**
 * Channel shuffle (Zhang et al. 2018, ShuffleNet, section 3.1 and figure 1): the channels, which a grouped convolution
 * keeps in g groups of n, are dealt out anew so that each next group gets some of every group. It is a fixed transpose:
 * [g, n] becomes [n, g],
 *
 *   y[..., j * g + i] = x[..., i * n + j],
 *
 * and its gradient is the transpose back, a shuffle of n groups.
 */

import { elements, empty, type Operand } from '../device/device.js';
import { OptionError, ShapeError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { apply, type Operator, viewOf } from './_operator.js';
import { permuteInto } from './_permute.js';

export interface ChannelShuffleOptions {
  readonly groups: number;
}

export interface ChannelShuffleRecord {
  readonly shape: readonly number[];
  readonly pixels: number;
  readonly groups: number;
  readonly perGroup: number;
}

export function channelShuffleRecord(
  shape: readonly number[],
  { groups }: ChannelShuffleOptions,
): ChannelShuffleRecord {
  const operator = 'channelShuffle';
  const channels = shape.at(-1);
  if (channels === undefined) {
    throw new ShapeError('expects shape [..., C], but the input is a scalar', {
      operator,
      rule: 'rank',
      got: 0,
      expected: 'at least 1',
    });
  }
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw new OptionError(
      `groups must be a whole number that divides the ${channels} channels, not ${groups}`,
      {
        operator,
        rule: 'groups',
        got: groups,
        expected: `a divisor of ${channels}`,
      },
    );
  }
  return { shape, pixels: elements(shape.slice(0, -1)), groups, perGroup: channels / groups };
}

/** One group, or one channel in each, changes nothing. */
function staysInOrder({ groups, perGroup }: ChannelShuffleRecord): boolean {
  return groups === 1 || perGroup === 1;
}

export const channelShuffleOperator: Operator<ChannelShuffleRecord, readonly [x: Operand]> = {
  name: 'channelShuffle',
  outputs: ({ shape }) => [{ shape, dtype: 'float32' }],
  cost: () => ({ multiplyAccumulates: 0, otherOperations: 0 }),
  field: () => ({ kind: 'pointwise' }),
  view: staysInOrder,
  channels: ({ groups, perGroup }) => ({
    kind: 'list',
    list: (channel) => [(channel % groups) * perGroup + Math.floor(channel / groups)],
  }),
  forward: (device, { pixels, groups, perGroup }, [x], [y]) =>
    permuteInto(device, [pixels, groups, perGroup], [0, 2, 1], x, y!),
  retain: () => ({}),
  backward(record, { device, gradient }) {
    const { shape, pixels, groups, perGroup } = record;
    if (staysInOrder(record)) return [viewOf(gradient, shape)];
    const xGradient = empty(device, { shape, dtype: 'float32' });
    permuteInto(device, [pixels, perGroup, groups], [0, 2, 1], gradient, xGradient);
    return [xGradient];
  },
};

/**
 * x [..., C] with its channels dealt out over `groups` groups.
 *
 * @throws OptionError unless `groups` divides C.
 */
export function channelShuffle(x: Tensor, options: ChannelShuffleOptions): Tensor {
  return apply(channelShuffleOperator, channelShuffleRecord(x.shape, options), [x]);
}
