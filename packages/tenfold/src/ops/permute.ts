/**
 * The axes in another order: axis k of the result is axis axes[k] of x. The gradient goes through the inverse order.
 *
 * Neighbouring axes that stay neighbours count as one, so that most permutations (images to channels first, and back)
 * are a transposition of matrices; the others gather with one stride per axis.
 */

import { type Device, type DType, elements, empty, type Operand } from '../device/device.js';
import { OptionError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { axisOf } from './_axes.js';
import { allChannels, apply, type Channels, type Operator } from './_operator.js';

/** The kernel loops over exactly so many axes. */
const kernelAxes = 6;

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
  if (shape.length > kernelAxes) {
    throw new OptionError(
      `shape [${shape.join(', ')}] has ${shape.length} axes; at most ${kernelAxes} are supported, so reshape first`,
      { operator, rule: 'rank', got: shape.length, expected: kernelAxes },
    );
  }
  return { xShape: shape, outShape: positive.map((axis) => shape[axis]!), axes: positive, dtype };
}

/** An axis of the result: its length, and how far apart its elements are in x. */
interface Stride {
  readonly size: number;
  readonly stride: number;
}

/** The axes of the result, outermost first; axes of length 1 are left out, and those that step alike are one. */
function mergedStrides(shape: readonly number[], axes: readonly number[]): Stride[] {
  const merged: Stride[] = [];
  for (const axis of axes) {
    const size = shape[axis]!;
    const stride = elements(shape.slice(axis + 1));
    const outer = merged.at(-1);
    if (size === 1) continue;
    if (outer?.stride === size * stride) merged[merged.length - 1] = { size: outer.size * size, stride };
    else merged.push({ size, stride });
  }
  return merged;
}

function permuteInto(
  device: Device,
  shape: readonly number[],
  axes: readonly number[],
  x: Operand,
  y: Operand,
): void {
  const merged = mergedStrides(shape, axes);
  const [batch, columns, rows] = merged.length === 2 ? [{ size: 1, stride: 0 }, ...merged] : merged;
  const areMatrices = merged.length === 2 || (merged.length === 3 && batch!.stride > rows!.stride);
  if (areMatrices && columns!.stride === 1) {
    device.run('transpose', { batch: batch!.size, rows: rows!.size, columns: columns!.size }, { x, y });
    return;
  }
  const missing = new Array<Stride>(kernelAxes - merged.length).fill({ size: 1, stride: 0 });
  const strides = [...missing, ...merged];
  const record = { size: strides.map(({ size }) => size), xStride: strides.map(({ stride }) => stride) };
  device.run('permute', record, { x, y });
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
