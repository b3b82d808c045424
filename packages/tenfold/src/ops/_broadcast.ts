/**
 * Broadcasting, by NumPy's rule: shapes are aligned at their last axis, and a side of 1 (or a missing one) repeats.
 * The gradient of a repeated element is the sum over its repetitions.
 */

import { type Device, elements, empty, type Operand } from '../device/device.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { channelCount } from './_axes.js';
import { elementwiseGradient } from './_elementwise.js';
import {
  allChannels,
  apply,
  type BackwardContext,
  type Channels,
  type Operator,
  ownChannel,
} from './_operator.js';
import { sumInto } from './_reduce.js';

/** At most so many axes once neighbours that behave alike are merged; the kernels loop over exactly so many. */
const kernelAxes = 6;

export interface BroadcastRecord {
  readonly aShape: readonly number[];
  readonly bShape: readonly number[];
  readonly outShape: readonly number[];
  /** Sides of the merged result, outermost first. */
  readonly size: readonly number[];
  /** Elements from one index to the next along each merged axis; 0 where the operand repeats. */
  readonly aStride: readonly number[];
  readonly bStride: readonly number[];
}

export function broadcastRecord(
  operator: string,
  aShape: readonly number[],
  bShape: readonly number[],
): BroadcastRecord {
  const rank = Math.max(aShape.length, bShape.length);
  const a = [...new Array<number>(rank - aShape.length).fill(1), ...aShape];
  const b = [...new Array<number>(rank - bShape.length).fill(1), ...bShape];
  const clash = a.findIndex((side, axis) => side !== b[axis] && side !== 1 && b[axis] !== 1);
  if (clash >= 0) {
    throw new ShapeError(
      `shapes [${aShape.join(', ')}] and [${bShape.join(', ')}] do not broadcast: along axis ${clash - rank} ${a[clash]} meets ${b[clash]}, and neither is 1`,
      { operator, rule: 'broadcast', got: b[clash], expected: a[clash] },
    );
  }
  const outShape = a.map((side, axis) => (side === 1 ? b[axis]! : side));
  return { aShape, bShape, outShape, ...mergeAxes(operator, outShape, a, b) };
}

function mergeAxes(operator: string, out: readonly number[], a: readonly number[], b: readonly number[]) {
  const size: number[] = [];
  const aRepeats: boolean[] = [];
  const bRepeats: boolean[] = [];
  out.forEach((side, axis) => {
    if (side === 1) return;
    const repeats = [a[axis] === 1, b[axis] === 1] as const;
    if (size.length > 0 && aRepeats.at(-1) === repeats[0] && bRepeats.at(-1) === repeats[1]) {
      size[size.length - 1]! *= side;
    } else {
      size.push(side);
      aRepeats.push(repeats[0]);
      bRepeats.push(repeats[1]);
    }
  });
  if (size.length > kernelAxes) {
    throw new ShapeError(
      `shapes [${a.join(', ')}] and [${b.join(', ')}] repeat along ${size.length} separate groups of axes; at most ${kernelAxes} are supported, so reshape first`,
      { operator, rule: 'broadcast axes', got: size.length, expected: kernelAxes },
    );
  }
  const missing = kernelAxes - size.length;
  const pad = <Value>(values: readonly Value[], value: Value) => [
    ...new Array<Value>(missing).fill(value),
    ...values,
  ];
  const sides = pad(size, 1);
  return {
    size: sides,
    aStride: strides(sides, pad(aRepeats, false)),
    bStride: strides(sides, pad(bRepeats, false)),
  };
}

function strides(size: readonly number[], repeats: readonly boolean[]): number[] {
  let stride = 1;
  return size
    .map((_, axis) => size.length - 1 - axis)
    .map((axis) => {
      if (repeats[axis] || size[axis] === 1) return 0;
      const here = stride;
      stride *= size[axis]!;
      return here;
    })
    .reverse();
}

type Binary = readonly [a: Operand, b: Operand];

/** A gradient of the output's shape that has yet to be multiplied with `times`, if that is given. */
export interface Product {
  /** Whoever gets it takes it over. */
  readonly gradient: Operand;
  readonly times?: Operand;
}

export interface BroadcastDescription {
  /** Of the operator and its forward kernel. */
  readonly name: string;
  readonly retain: Operator<BroadcastRecord, Binary>['retain'];
  /** The gradients before what was repeated is summed, of b's but for its sign. */
  readonly gradients: (
    record: BroadcastRecord,
    context: BackwardContext<Binary>,
  ) => readonly [a: Product | undefined, b: Product | undefined];
  /** @default 1 */
  readonly bSign?: 1 | -1;
}

/** An elementwise operator of two broadcast operands. */
export function broadcastOperator({
  name,
  retain,
  gradients,
  bSign = 1,
}: BroadcastDescription): Operator<BroadcastRecord, Binary> {
  return {
    name,
    outputs: ({ outShape }) => [{ shape: outShape, dtype: 'float32' }],
    cost: ({ outShape }) => ({ multiplyAccumulates: 0, otherOperations: elements(outShape) }),
    field: () => ({ kind: 'pointwise' }),
    channels: ({ aShape, bShape, outShape }, input) =>
      broadcastChannels(input === 0 ? aShape : bShape, outShape),
    forward: (device, record, [a, b], [y]) => device.run(name, record, { a, b, y }),
    retain,
    backward(record, context) {
      const [a, b] = gradients(record, context);
      return [
        a && sumToShape(context.device, a, record.aShape, 1),
        b && sumToShape(context.device, b, record.bShape, bSign),
      ];
    },
  };
}

function broadcastChannels(shape: readonly number[], outShape: readonly number[]): Channels {
  const aligned = [...new Array<number>(outShape.length - shape.length).fill(1), ...shape];
  const own = channelCount(aligned);
  if (own === channelCount(outShape)) return ownChannel;
  return own === 1 ? { kind: 'list', list: () => [0] } : allChannels;
}

/** The output's own gradient, times `times`. */
export function shared(gradient: Operand, times?: Operand): Product {
  const held = { ...gradient, storage: gradient.storage.retain() };
  return times === undefined ? { gradient: held } : { gradient: held, times };
}

/** A gradient that a broadcast kernel makes of the output's and `other`, of the output's shape. */
export function combine(kernel: string, gradient: Operand, other: Operand): Operand {
  const { device } = gradient.storage;
  const y = empty(device, { shape: gradient.shape, dtype: 'float32' });
  device.run(kernel, broadcastRecord(kernel, gradient.shape, other.shape), { a: gradient, b: other, y });
  return y;
}

export function applyBroadcast(operator: Operator<BroadcastRecord, Binary>, a: Tensor, b: Tensor): Tensor {
  return apply(operator, broadcastRecord(operator.name, a.shape, b.shape), [a, b]);
}

/** Sums what was broadcast, times `scale`, so that the product, whose gradient it takes over, gets `shape`. */
function sumToShape(
  device: Device,
  { gradient: x, times }: Product,
  shape: readonly number[],
  scale: number,
): Operand {
  const missing = x.shape.length - shape.length;
  const axes = x.shape.flatMap((side, axis) =>
    axis < missing || (shape[axis - missing] === 1 && side !== 1) ? [axis] : [],
  );
  const nothingToSum = axes.every((axis) => x.shape[axis] === 1);
  if (times !== undefined && (nothingToSum || !isSame(times.shape, x.shape))) {
    const gradient = combine('mul', x, times);
    x.storage.release();
    return sumToShape(device, { gradient }, shape, scale);
  }
  if (nothingToSum && scale === 1) return { ...x, shape };
  let y: Operand;
  if (nothingToSum) {
    y = broadcastTo(device, { ...x, shape }, shape, scale, elementwiseGradient({ ...x, shape }));
  } else {
    y = empty(device, { shape, dtype: 'float32' });
    sumInto(device, x, axes, scale, y, times);
  }
  x.storage.release();
  return y;
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((side, axis) => side === b[axis]);
}

/** `y`, a new operand of `shape` if not given, with the elements of `x` repeated, times `scale`. */
export function broadcastTo(
  device: Device,
  x: Operand,
  shape: readonly number[],
  scale: number,
  y = empty(device, { shape, dtype: 'float32' }),
): Operand {
  const factor = empty(device, { shape: [1], dtype: 'float32' });
  device.write(factor.storage.handle, new Float32Array([scale]));
  const { size, bStride } = broadcastRecord('broadcast', shape, x.shape);
  device.run('mul', { size, aStride: size.map(() => 0), bStride }, { a: factor, b: x, y });
  factor.storage.release();
  return y;
}
