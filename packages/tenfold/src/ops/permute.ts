/**
 * The axes in another order: axis k of the result is axis axes[k] of x. The gradient goes through the inverse order.
 */

import { type DType, empty, type Operand } from '../device/device.js';
import { OptionError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { axisOf } from './_axes.js';
import { allChannels, apply, type Channels, type Operator } from './_operator.js';
import { mostAxes, permuteInto } from './_permute.js';

export interface PermuteRecord {
  readonly xShape: readonly number[];
  readonly outShape: readonly number[];
  readonly axes: readonly number[];
  readonly dtype: DType;
}

export function permuteRecord(
  { shape, dtype }: Pick<Operand, 'shape' | 'dtype'>,
  axes: readonly number[],
): PermuteRecord {
  const operator = 'permute';
  const positive = axes.map((axis) => axisOf(operator, shape, axis));
  if (axes.length !== shape.length || new Set(positive).size !== shape.length) {
    throw new OptionError(
      `axes [${axes.join(', ')}] must name each of the ${shape.length} axes of shape [${shape.join(', ')}] once`,
      { operator, rule: 'axes', got: axes, expected: shape.map((_, axis) => axis) },
    );
  }
  if (shape.length > mostAxes) {
    throw new OptionError(
      `shape [${shape.join(', ')}] has ${shape.length} axes; at most ${mostAxes} are supported, so reshape first`,
      { operator, rule: 'rank', got: shape.length, expected: mostAxes },
    );
  }
  return { xShape: shape, outShape: positive.map((axis) => shape[axis]!), axes: positive, dtype };
}

export const permuteOperator: Operator<PermuteRecord, readonly [x: Operand]> = {
  name: 'permute',
  dtypes: ['word'],
  outputs: ({ outShape, dtype }) => [{ shape: outShape, dtype }],
  cost: () => ({ multiplyAccumulates: 0, otherOperations: 0 }),
  field: ({ axes }) => ({ kind: keepsPixels(axes) ? 'pointwise' : 'global' }),
  channels: channelsOf,
  forward: (device, { xShape, axes }, [x], [y]) => permuteInto(device, xShape, axes, x, y!),
  retain: () => ({}),
  backward({ xShape, outShape, axes }, { device, gradient }) {
    const xGradient = empty(device, { shape: xShape, dtype: 'float32' });
    const inverse = axes.map((_, axis) => axes.indexOf(axis));
    permuteInto(device, outShape, inverse, gradient, xGradient);
    return [xGradient];
  },
};

/** An image whose height and width stay in place keeps its pixels apart. */
function keepsPixels(axes: readonly number[]): boolean {
  return axes.length >= 4 && axes[0] === 0 && axes[1] === 1 && axes[2] === 2;
}

function channelsOf({ xShape, outShape, axes }: PermuteRecord): Channels {
  if (!keepsPixels(axes)) return allChannels;
  const [sides, outSides] = [xShape.slice(3), outShape.slice(3)];
  const list = (channel: number) => {
    let rest = channel;
    const place = new Array<number>(sides.length).fill(0);
    for (let axis = outSides.length - 1; axis >= 0; axis--) {
      place[axes[axis + 3]! - 3] = rest % outSides[axis]!;
      rest = Math.floor(rest / outSides[axis]!);
    }
    return [place.reduce((sum, index, axis) => sum * sides[axis]! + index, 0)];
  };
  return { kind: 'list', list };
}

/**
 * x, float32 or int32 of up to six axes, with its axes in another order: `permute(x, [0, 3, 1, 2])` makes [N, C, H, W]
 * from [N, H, W, C].
 *
 * @throws OptionError unless `axes` names every axis once, or if there are more than six.
 */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  return apply(permuteOperator, permuteRecord(x, axes), [x]);
}
