/**
 * Sliding windows: the one copy of kernel, stride, padding and dilation arithmetic.
 *
 * Along one axis, output o reads inputs o * stride - padding + tap * dilation for tap = 0 ... kernel - 1, and there are
 * floor((in + paddingBefore + paddingAfter - dilation * (kernel - 1) - 1) / stride) + 1 outputs
 * (Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016, relationship 15).
 */

import { OptionError, ShapeError } from '../errors.js';
import type { WindowField } from './_operator.js';

/** One number for both axes, or [vertical, horizontal]. */
export type Pair = number | readonly [number, number];

export interface WindowOptions {
  readonly kernelSize: Pair;
  readonly stride?: Pair;
  /** Zeros around the image; 'same' keeps its size. */
  readonly padding?: Pair | 'same';
  readonly dilation?: Pair;
  /** Counts a last, partial window as PyTorch does. */
  readonly ceilMode?: boolean;
}

/** Geometry of a window over [batch, inHeight, inWidth, channels]. */
export interface Window extends WindowField {
  readonly batch: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly outHeight: number;
  readonly outWidth: number;
}

export function windowOver(operator: string, shape: readonly number[], options: WindowOptions): Window {
  const [batch, inHeight, inWidth] = imageShape(operator, shape);
  const taps = tapsOf(operator, options);
  const { kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } = taps;
  const { padding = 0, ceilMode = false } = options;
  if (padding === 'same' && (strideHeight > 1 || strideWidth > 1)) {
    throw new OptionError(
      `padding 'same' needs stride 1, but stride is [${strideHeight}, ${strideWidth}]; give the padding as a number`,
      { operator, rule: "padding 'same'", got: [strideHeight, strideWidth], expected: [1, 1] },
    );
  }
  const [vertical, horizontal] = padding === 'same' ? [0, 0] : pair(operator, 'padding', padding, 0);
  const height = axis(operator, 'height', {
    size: inHeight,
    kernel: kernelHeight,
    stride: strideHeight,
    dilation: dilationHeight,
    padding: padding === 'same' ? 'same' : vertical,
    ceilMode,
  });
  const width = axis(operator, 'width', {
    size: inWidth,
    kernel: kernelWidth,
    stride: strideWidth,
    dilation: dilationWidth,
    padding: padding === 'same' ? 'same' : horizontal,
    ceilMode,
  });
  return {
    batch,
    inHeight,
    inWidth,
    outHeight: height.outputs,
    outWidth: width.outputs,
    ...taps,
    paddingTop: height.before,
    paddingLeft: width.before,
  };
}

function tapsOf(operator: string, options: Pick<WindowOptions, 'kernelSize' | 'stride' | 'dilation'>) {
  const [kernelHeight, kernelWidth] = pair(operator, 'kernelSize', options.kernelSize, 1);
  const [strideHeight, strideWidth] = pair(operator, 'stride', options.stride ?? 1, 1);
  const [dilationHeight, dilationWidth] = pair(operator, 'dilation', options.dilation ?? 1, 1);
  return { kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight, dilationWidth };
}

export interface PoolingOptions extends Omit<WindowOptions, 'padding'> {
  /** @default kernelSize */
  readonly stride?: Pair;
  /** At most half the kernel. @default 0 */
  readonly padding?: Pair;
}

export function poolingWindow(operator: string, shape: readonly number[], options: PoolingOptions): Window {
  const window = windowOver(operator, shape, {
    ...options,
    stride: options.stride ?? options.kernelSize,
  });
  const { kernelHeight, kernelWidth, paddingTop, paddingLeft } = window;
  if (paddingTop > kernelHeight / 2 || paddingLeft > kernelWidth / 2) {
    throw new OptionError(
      `padding [${paddingTop}, ${paddingLeft}] is more than half the kernel [${kernelHeight}, ${kernelWidth}], so some windows would see no pixel`,
      {
        operator,
        rule: 'padding',
        got: [paddingTop, paddingLeft],
        expected: [Math.floor(kernelHeight / 2), Math.floor(kernelWidth / 2)],
      },
    );
  }
  return window;
}

/**
 * A window whose stride and kernel are fractions of a pixel: along one axis, output o reads inputs from
 * floor(o * stride / units) - padding to before ceil((o * stride + kernel) / units) - padding.
 */
export interface FractionalWindow extends Window {
  /** The units of stride and kernel in a pixel. */
  readonly unitsHeight: number;
  readonly unitsWidth: number;
}

/** Divides the image evenly among `outputSize` windows, which overlap by a pixel where it does not come out even. */
export function adaptiveWindow(
  operator: string,
  shape: readonly number[],
  outputSize: Pair,
): FractionalWindow {
  const [batch, inHeight, inWidth] = imageShape(operator, shape);
  const [outHeight, outWidth] = pair(operator, 'outputSize', outputSize, 1);
  return {
    batch,
    inHeight,
    inWidth,
    outHeight,
    outWidth,
    kernelHeight: inHeight,
    kernelWidth: inWidth,
    strideHeight: inHeight,
    strideWidth: inWidth,
    dilationHeight: 1,
    dilationWidth: 1,
    paddingTop: 0,
    paddingLeft: 0,
    unitsHeight: outHeight,
    unitsWidth: outWidth,
  };
}

export interface TransposedWindowOptions extends Omit<WindowOptions, 'padding' | 'ceilMode'> {
  readonly padding?: Pair;
  /** Rows and columns more after the result; fewer than the stride or the dilation. */
  readonly outputPadding?: Pair;
}

/**
 * The window of the convolution from images of unknown size to images of `shape`: its outputs are known, its inputs
 * asked for. Along one axis the outputs reach over (out - 1) * stride - 2 * padding + dilation * (kernel - 1) + 1 inputs
 * (Dumoulin and Visin 2016, chapter 4), and because a stride passes over some, `outputPadding` more may lie behind them.
 */
export function transposedWindow(
  operator: string,
  shape: readonly number[],
  options: TransposedWindowOptions,
): Window {
  const [batch, outHeight, outWidth] = imageShape(operator, shape);
  const taps = tapsOf(operator, options);
  const [paddingTop, paddingLeft] = pair(operator, 'padding', options.padding ?? 0, 0);
  const [moreHeight, moreWidth] = pair(operator, 'outputPadding', options.outputPadding ?? 0, 0);
  return {
    batch,
    inHeight: transposedSide(operator, 'height', {
      size: outHeight,
      kernel: taps.kernelHeight,
      stride: taps.strideHeight,
      dilation: taps.dilationHeight,
      padding: paddingTop,
      more: moreHeight,
    }),
    inWidth: transposedSide(operator, 'width', {
      size: outWidth,
      kernel: taps.kernelWidth,
      stride: taps.strideWidth,
      dilation: taps.dilationWidth,
      padding: paddingLeft,
      more: moreWidth,
    }),
    outHeight,
    outWidth,
    ...taps,
    paddingTop,
    paddingLeft,
  };
}

interface TransposedAxis extends Omit<Axis, 'padding' | 'ceilMode'> {
  readonly padding: number;
  readonly more: number;
}

function transposedSide(operator: string, name: string, axis: TransposedAxis): number {
  const { size, kernel, stride, dilation, padding, more } = axis;
  if (more >= Math.max(stride, dilation)) {
    throw new OptionError(
      `outputPadding ${more} of the ${name} must be less than its stride ${stride} or its dilation ${dilation}`,
      { operator, rule: 'outputPadding', got: more, expected: `0 to ${Math.max(stride, dilation) - 1}` },
    );
  }
  const side = (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + more + 1;
  if (side < 1) {
    throw new ShapeError(
      `the result would have ${name} ${side} (input ${size}, kernel ${kernel}, stride ${stride}, dilation ${dilation}, padding ${padding}); pad less`,
      { operator, rule: `result ${name}`, got: side, expected: 'at least 1' },
    );
  }
  return side;
}

interface Axis {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padding: number | 'same';
  readonly ceilMode: boolean;
}

function axis(operator: string, name: string, options: Axis): { outputs: number; before: number } {
  const { size, kernel, stride, dilation, padding, ceilMode } = options;
  const reach = dilation * (kernel - 1);
  const total = padding === 'same' ? reach : 2 * padding;
  // 'same' puts the odd zero after the image, as PyTorch does.
  const before = padding === 'same' ? Math.floor(reach / 2) : padding;
  const span = size + total - reach - 1;
  if (span < 0) {
    throw new ShapeError(
      `a window of ${name} ${reach + 1} (kernel ${kernel}, dilation ${dilation}) does not fit into ${size + total} (input ${size}, padding ${padding}); pad more or use a smaller kernel`,
      { operator, rule: `window ${name}`, got: reach + 1, expected: size + total },
    );
  }
  let outputs = Math.floor(span / stride) + 1;
  // PyTorch drops a partial window that would start beyond the image and its padding before.
  if (ceilMode) {
    outputs = Math.ceil(span / stride) + 1;
    if ((outputs - 1) * stride >= size + before) outputs--;
  }
  return { outputs, before };
}

/** [N, H, W, C] or a clear error. */
export function imageShape(
  operator: string,
  shape: readonly number[],
): readonly [number, number, number, number] {
  if (shape.length !== 4) {
    throw new ShapeError(
      `expects images of shape [N, H, W, C], but the input has shape [${shape.join(', ')}]`,
      {
        operator,
        rule: 'rank',
        got: shape.length,
        expected: 4,
      },
    );
  }
  return shape as unknown as readonly [number, number, number, number];
}

/** Rows [rows, C] as the pixels of one image; no rows are no image, because a window needs a pixel to stand on. */
export function rowsAsImage(rows: number, channels: number): readonly [number, number, number, number] {
  return [rows === 0 ? 0 : 1, 1, Math.max(rows, 1), channels];
}

export function pair(
  operator: string,
  name: string,
  value: Pair,
  minimum: number,
): readonly [number, number] {
  const [vertical, horizontal] = typeof value === 'number' ? [value, value] : value;
  if (![vertical, horizontal].every((side) => Number.isInteger(side) && side >= minimum)) {
    throw new OptionError(
      `${name} must be a whole number from ${minimum} up, or a pair [vertical, horizontal] of them, not ${JSON.stringify(value)}`,
      { operator, rule: name, got: value, expected: `integers >= ${minimum}` },
    );
  }
  return [vertical, horizontal];
}
