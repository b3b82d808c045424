/**
 * Transposed two-dimensional convolution (Zeiler et al., Deconvolutional networks, 2010; Dumoulin and Visin 2016,
 * chapter 4): every pixel of x puts the kernel, times its value, into the result,
 *
 *   y[n, i * stride - padding + r * dilation, j * stride - padding + s * dilation, o] +=
 *     sum over c of x[n, i, j, c] * weight[c, o, r, s], within the groups, and then + bias[o].
 *
 * x is [N, H, W, C], weight [C, O / groups, kernel height, kernel width], y [N, H', W', O] with H' and W' as in
 * _window.ts. It is the input gradient of the convolution with that weight, from y's channels and size to x's. That is
 * linear, so gradient(x) is the convolution of gradient(y), and gradient(weight) its weight gradient, with gradient(y)
 * for the image and x for the gradient: the same three kernels.
 */

import { type Device, empty, type Operand } from '../device/device.js';
import { OptionError, ShapeError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { broadcastRecord } from './_broadcast.js';
import { noEpilogue } from './_epilogue.js';
import { apply, type Operator } from './_operator.js';
import { channelSums } from './_reduce.js';
import { type Pair, transposedWindow } from './_window.js';
import { type Conv2dRecord, checkBias, conv2dOperator } from './conv2d.js';

export interface ConvTranspose2dOptions {
  /** @default 1 */
  readonly stride?: Pair;
  /** How many rows and columns of the result are cut off on each side. @default 0 */
  readonly padding?: Pair;
  /** How many rows and columns the result has more, below and to the right. @default 0 */
  readonly outputPadding?: Pair;
  /** @default 1 */
  readonly dilation?: Pair;
  /** @default 1 */
  readonly groups?: number;
}

/** The record of the convolution that is transposed: y is its input and x its output. */
export function convTranspose2dRecord(
  xShape: readonly number[],
  weightShape: readonly number[],
  biasShape: readonly number[] | undefined,
  { groups = 1, ...options }: ConvTranspose2dOptions = {},
): Conv2dRecord {
  const operator = 'convTranspose2d';
  if (weightShape.length !== 4) {
    throw new ShapeError(
      `the weight must have shape [in channels, out channels / groups, height, width], not [${weightShape.join(', ')}]`,
      { operator, rule: 'weight rank', got: weightShape.length, expected: 4 },
    );
  }
  const [channels, perGroup, kernelHeight, kernelWidth] = weightShape as [number, number, number, number];
  const window = transposedWindow(operator, xShape, { kernelSize: [kernelHeight, kernelWidth], ...options });
  if (xShape[3] !== channels) {
    throw new ShapeError(
      `input has ${xShape[3]} channels but weight [${weightShape.join(', ')}] expects ${channels}`,
      { operator, rule: 'input channels', got: xShape[3], expected: channels },
    );
  }
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw new OptionError(
      `groups must be a whole number that divides the ${channels} input channels, not ${groups}`,
      { operator, rule: 'groups', got: groups, expected: `a divisor of ${channels}` },
    );
  }
  checkBias(operator, biasShape, perGroup * groups);
  return {
    ...window,
    inChannels: perGroup * groups,
    outChannels: channels,
    groups,
    weightShape,
    ...noEpilogue,
  };
}

export const convTranspose2dOperator: Operator<
  Conv2dRecord,
  readonly [x: Operand, weight: Operand, bias?: Operand]
> = {
  name: 'convTranspose2d',

  outputs: ({ batch, inHeight, inWidth, inChannels }) => [
    { shape: [batch, inHeight, inWidth, inChannels], dtype: 'float32' },
  ],

  cost: conv2dOperator.cost,

  backwardProducts: conv2dOperator.backwardProducts!,

  field(record, input) {
    if (input !== 0) return { kind: 'global' };
    const { kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } = record;
    return {
      kind: 'window',
      kernelHeight,
      kernelWidth,
      strideHeight: 1 / strideHeight,
      strideWidth: 1 / strideWidth,
      dilationHeight: dilationHeight / strideHeight,
      dilationWidth: dilationWidth / strideWidth,
      paddingTop: (dilationHeight * (kernelHeight - 1) - record.paddingTop) / strideHeight,
      paddingLeft: (dilationWidth * (kernelWidth - 1) - record.paddingLeft) / strideWidth,
    };
  },

  channels: conv2dOperator.channels,

  forward(device, record, [x, weight, bias], [y]) {
    device.run('conv2dInputGradient', record, { gradient: x, weight, xGradient: y });
    if (bias !== undefined) addInPlace(device, y!, bias);
  },

  retain: conv2dOperator.retain,

  backward(record, { device, inputs: [x, weight], gradient, wanted: [xWanted, weightWanted, biasWanted] }) {
    const { batch, outHeight, outWidth, outChannels, inChannels, weightShape } = record;
    let xGradient: Operand | undefined;
    let weightGradient: Operand | undefined;
    if (xWanted) {
      xGradient = empty(device, { shape: [batch, outHeight, outWidth, outChannels], dtype: 'float32' });
      device.run('conv2d', record, { x: gradient, weight, y: xGradient });
    }
    if (weightWanted) {
      weightGradient = empty(device, { shape: weightShape, dtype: 'float32' });
      device.run('conv2dWeightGradient', record, { x: gradient, gradient: x, weightGradient });
    }
    return [xGradient, weightGradient, biasWanted ? channelSums(device, gradient, inChannels) : undefined];
  },
};

function addInPlace(device: Device, y: Operand, bias: Operand): void {
  device.run('add', broadcastRecord('convTranspose2d', y.shape, bias.shape), { a: y, b: bias, y });
}

/**
 * Spreads the pixels of x [N, H, W, C] by weight [C, O / groups, kernel height, kernel width] and adds bias [O]; the
 * result is [N, H', W', O].
 *
 * @throws ShapeError if channels or bias do not fit, or if the padding cuts off the whole result; OptionError for an
 *   impossible stride, padding, output padding, dilation or number of groups.
 */
export function convTranspose2d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  options?: ConvTranspose2dOptions,
): Tensor {
  const record = convTranspose2dRecord(x.shape, weight.shape, bias?.shape, options);
  return apply(convTranspose2dOperator, record, [x, weight, bias]);
}
