/**
 * Images in another size. Pixel i of the result lies at a position of the image that follows from the ratio r = H / H'
 * (or 1 / scaleFactor, if that is what was given), along the height and alike along the width:
 *
 *   nearest                    i * r, rounded down
 *   bilinear                   (i + 0.5) * r - 0.5, the centres of pixels, but within the image
 *   bilinear with alignCorners i * (H - 1) / (H' - 1): corners stay corners; 0 if H' = 1
 *
 * and y = (1 - u) * ((1 - v) * x[a, b] + v * x[a + 1, b]) + u * ((1 - v) * x[a, b + 1] + v * x[a + 1, b + 1])
 * with a, b the whole and v, u the fractional parts of the position (both 0 for nearest). A pixel of weight 0 is not looked
 * at, so NaN does not spread to where it has no part. Positions are PyTorch's, but exact; PyTorch computes them in float32.
 * There is no antialiasing. The gradient is the adjoint: each pixel collects from the results it has a part in.
 */

import { type Device, empty, type Operand } from '../device/device.js';
import { OptionError, ShapeError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { apply, type Field, type Operator, ownChannel } from './_operator.js';
import { imageShape, type Pair, pair } from './_window.js';

export interface InterpolateOptions {
  /** The new height and width, as one number or [height, width]. Either this or `scaleFactor`. */
  readonly size?: Pair;
  /** How many times as high and wide, as one number or [vertical, horizontal]; sizes are rounded down. */
  readonly scaleFactor?: Pair;
  /** @default nearest */
  readonly mode?: 'nearest' | 'bilinear';
  /** Whether the centres of the corner pixels stay where they are; for bilinear only. @default false */
  readonly alignCorners?: boolean;
}

/**
 * Positions along one axis: result i lies at (i * step + shift) / divisor. They are whole numbers without a common
 * divisor, unless a scale factor made no whole number of pixels and so is itself part of the ratio.
 */
export interface Positions {
  readonly step: number;
  readonly shift: number;
  readonly divisor: number;
}

export interface InterpolateRecord {
  readonly batch: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly channels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly mode: 'nearest' | 'bilinear';
  readonly alignCorners: boolean;
  readonly vertical: Positions;
  readonly horizontal: Positions;
}

export function interpolateRecord(xShape: readonly number[], options: InterpolateOptions): InterpolateRecord {
  const operator = 'interpolate';
  const { mode = 'nearest', alignCorners = false } = options;
  if (mode !== 'nearest' && mode !== 'bilinear') {
    throw new OptionError(`mode must be 'nearest' or 'bilinear', not ${JSON.stringify(mode)}`, {
      operator,
      rule: 'mode',
      got: mode,
      expected: ['nearest', 'bilinear'],
    });
  }
  if (alignCorners && mode === 'nearest') {
    throw new OptionError(
      "alignCorners is for mode 'bilinear'; with 'nearest' there are no corners to align",
      {
        operator,
        rule: 'alignCorners',
        got: true,
        expected: false,
      },
    );
  }
  const [batch, inHeight, inWidth, channels] = imageShape(operator, xShape);
  if (inHeight === 0 || inWidth === 0) {
    throw new ShapeError(`an image of shape [${xShape.join(', ')}] has no pixel to take values from`, {
      operator,
      rule: 'pixels',
      got: [inHeight, inWidth],
      expected: 'at least 1 by 1',
    });
  }
  const [vertical, horizontal] = targets(inHeight, inWidth, options);
  return {
    batch,
    inHeight,
    inWidth,
    channels,
    outHeight: vertical.size,
    outWidth: horizontal.size,
    mode,
    alignCorners,
    vertical: positions(inHeight, vertical, mode, alignCorners),
    horizontal: positions(inWidth, horizontal, mode, alignCorners),
  };
}

/** A new side, and the ratio of old to new as numerator and denominator. */
interface Target {
  readonly size: number;
  readonly from: number;
  readonly to: number;
}

function targets(
  height: number,
  width: number,
  { size, scaleFactor }: InterpolateOptions,
): readonly [Target, Target] {
  const operator = 'interpolate';
  if ((size === undefined) === (scaleFactor === undefined)) {
    throw new OptionError(
      `give either size or scaleFactor, not ${size === undefined ? 'neither' : `both (${JSON.stringify(size)} and ${JSON.stringify(scaleFactor)})`}`,
      { operator, rule: 'size or scaleFactor', got: [size, scaleFactor], expected: 'one of them' },
    );
  }
  if (size !== undefined) {
    const [outHeight, outWidth] = pair(operator, 'size', size, 1);
    return [
      { size: outHeight, from: height, to: outHeight },
      { size: outWidth, from: width, to: outWidth },
    ];
  }
  const factors = typeof scaleFactor === 'number' ? [scaleFactor, scaleFactor] : scaleFactor!;
  const [outHeight, outWidth] = [Math.floor(height * factors[0]!), Math.floor(width * factors[1]!)];
  if (!(outHeight >= 1 && outWidth >= 1 && Number.isFinite(outHeight) && Number.isFinite(outWidth))) {
    throw new OptionError(
      `scaleFactor [${factors.join(', ')}] makes ${outHeight} by ${outWidth} pixels of ${height} by ${width}; it must be a positive number, or a pair [vertical, horizontal], that leaves at least one`,
      { operator, rule: 'scaleFactor', got: scaleFactor, expected: 'above 0' },
    );
  }
  return [target(height, outHeight, factors[0]!), target(width, outWidth, factors[1]!)];
}

function target(side: number, size: number, factor: number): Target {
  return side * factor === size ? { size, from: side, to: size } : { size, from: 1, to: factor };
}

function positions(
  side: number,
  { size, from, to }: Target,
  mode: 'nearest' | 'bilinear',
  alignCorners: boolean,
): Positions {
  if (mode === 'nearest') return reduced(from, 0, to);
  if (alignCorners) return size === 1 ? reduced(0, 0, 1) : reduced(side - 1, 0, size - 1);
  // (i + 1/2) * from / to - 1/2 over the common denominator 2 * to.
  return reduced(2 * from, from - to, 2 * to);
}

function reduced(step: number, shift: number, divisor: number): Positions {
  if (!Number.isInteger(divisor)) return { step, shift, divisor };
  const common = commonDivisor(commonDivisor(divisor, step), Math.abs(shift));
  return { step: step / common, shift: shift / common, divisor: divisor / common };
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

/** For each result along an axis the first of the two pixels that it lies between, and the weight of the second. */
function table(
  outputs: number,
  inputs: number,
  mode: 'nearest' | 'bilinear',
  { step, shift, divisor }: Positions,
) {
  const first = new Int32Array(outputs);
  const weight = new Float32Array(outputs);
  for (let i = 0; i < outputs; i++) {
    const position = Math.min(Math.max((i * step + shift) / divisor, 0), inputs - 1);
    first[i] = Math.floor(position);
    if (mode === 'bilinear') weight[i] = position - first[i]!;
  }
  return { first, weight };
}

/**
 * Runs a kernel with the tables of both axes beside its own operands. They are worked out here, in float64, because a
 * device that rounded a position to the other side of a pixel would take another pixel.
 */
function runWithTables(
  device: Device,
  kernel: string,
  record: InterpolateRecord,
  operands: Readonly<Record<string, Operand>>,
): void {
  const { inHeight, inWidth, outHeight, outWidth, mode, vertical, horizontal } = record;
  const rows = table(outHeight, inHeight, mode, vertical);
  const columns = table(outWidth, inWidth, mode, horizontal);
  const tables: Record<string, Operand> = {};
  try {
    for (const [name, values] of [
      ['rows', rows.first],
      ['rowWeights', rows.weight],
      ['columns', columns.first],
      ['columnWeights', columns.weight],
    ] as const) {
      const dtype = values instanceof Int32Array ? 'int32' : 'float32';
      const operand = empty(device, { shape: [values.length], dtype });
      tables[name] = operand;
      device.write(operand.storage.handle, values);
    }
    device.run(kernel, record, { ...operands, ...tables });
  } finally {
    for (const { storage } of Object.values(tables)) storage.release();
  }
}

export const interpolateOperator: Operator<InterpolateRecord, readonly [x: Operand]> = {
  name: 'interpolate',
  outputs: ({ batch, outHeight, outWidth, channels }) => [
    { shape: [batch, outHeight, outWidth, channels], dtype: 'float32' },
  ],
  cost: ({ batch, outHeight, outWidth, channels, mode }) => ({
    multiplyAccumulates: 0,
    otherOperations: mode === 'nearest' ? 0 : 9 * batch * outHeight * outWidth * channels,
  }),
  field: fieldOf,
  channels: () => ownChannel,
  forward: (device, record, [x], [y]) => runWithTables(device, 'interpolate', record, { x, y: y! }),
  retain: () => ({}),
  backward(record, { device, gradient }) {
    const { batch, inHeight, inWidth, channels } = record;
    const xGradient = empty(device, { shape: [batch, inHeight, inWidth, channels], dtype: 'float32' });
    runWithTables(device, 'interpolateGradient', record, { gradient, xGradient });
    return [xGradient];
  },
};

/**
 * Result i reads the whole positions less than 1 away from its own (nearest: and not behind it); its own is a multiple of
 * 1 / divisor, so they are among the taps that lie so far apart.
 */
function fieldOf({ mode, vertical, horizontal }: InterpolateRecord): Field {
  if (!Number.isInteger(vertical.divisor) || !Number.isInteger(horizontal.divisor)) return { kind: 'global' };
  const taps = (divisor: number) => (mode === 'nearest' ? divisor : 2 * divisor - 1);
  const padding = ({ shift, divisor }: Positions) => (divisor - 1 - shift) / divisor;
  return {
    kind: 'window',
    kernelHeight: taps(vertical.divisor),
    kernelWidth: taps(horizontal.divisor),
    strideHeight: vertical.step / vertical.divisor,
    strideWidth: horizontal.step / horizontal.divisor,
    dilationHeight: 1 / vertical.divisor,
    dilationWidth: 1 / horizontal.divisor,
    paddingTop: padding(vertical),
    paddingLeft: padding(horizontal),
  };
}

/**
 * Images x [N, H, W, C] as [N, H', W', C].
 *
 * @throws ShapeError unless x has four axes and a pixel; OptionError unless exactly one of size and scaleFactor is given
 *   and leaves a pixel, for an unknown mode, or for alignCorners without bilinear.
 */
export function interpolate(x: Tensor, options: InterpolateOptions): Tensor {
  return apply(interpolateOperator, interpolateRecord(x.shape, options), [x]);
}
