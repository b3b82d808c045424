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
import { apply, type Operator } from './_operator.js';
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

/** Positions along one axis: result i lies at (i * step + shift) / divisor, whole numbers if the size was given. */
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
  return [
    { size: outHeight, from: 1, to: factors[0]! },
    { size: outWidth, from: 1, to: factors[1]! },
  ];
}

function positions(
  side: number,
  { size, from, to }: Target,
  mode: 'nearest' | 'bilinear',
  alignCorners: boolean,
): Positions {
  if (mode === 'nearest') return { step: from, shift: 0, divisor: to };
  if (alignCorners) return { step: size === 1 ? 0 : side - 1, shift: 0, divisor: Math.max(1, size - 1) };
  // (i + 1/2) * from / to - 1/2 over the common denominator 2 * to.
  return { step: 2 * from, shift: from - to, divisor: 2 * to };
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
  // A window that moves by a fraction of a pixel where the image grows.
  field: ({ mode, vertical, horizontal }) => ({
    kind: 'window',
    kernelHeight: mode === 'nearest' ? 1 : 2,
    kernelWidth: mode === 'nearest' ? 1 : 2,
    strideHeight: vertical.step / vertical.divisor,
    strideWidth: horizontal.step / horizontal.divisor,
    dilationHeight: 1,
    dilationWidth: 1,
    paddingTop: 0 - vertical.shift / vertical.divisor,
    paddingLeft: 0 - horizontal.shift / horizontal.divisor,
  }),
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
 * Images x [N, H, W, C] as [N, H', W', C].
 *
 * @throws ShapeError unless x has four axes and a pixel; OptionError unless exactly one of size and scaleFactor is given
 *   and leaves a pixel, for an unknown mode, or for alignCorners without bilinear.
 */
export function interpolate(x: Tensor, options: InterpolateOptions): Tensor {
  return apply(interpolateOperator, interpolateRecord(x.shape, options), [x]);
}
