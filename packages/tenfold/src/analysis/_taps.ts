/**
 * One axis of a window in whole numbers, however fractional the window: output o reads the whole ones among
 * (o * stride + offset + tap * dilation) / unit, tap = 0 ... kernel - 1.
 */

import type { Field, WindowField } from '../ops/_operator.js';
import type { TracedTensor } from './trace.js';

export interface Taps {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly offset: number;
  readonly unit: number;
}

/** The pixels at their own places. */
export const ownPixel: Taps = { kernel: 1, stride: 1, dilation: 1, offset: 0, unit: 1 };
/** The first pixel, from everywhere. */
const firstPixel: Taps = { ...ownPixel, stride: 0 };

/** How an output pixel reads an input; `everything` besides or instead of some taps. */
export interface Reading {
  readonly vertical: Taps | undefined;
  readonly horizontal: Taps | undefined;
  readonly everything: boolean;
  readonly moving: boolean;
}

/** Each pixel reads the one at its own place. */
export const sameReading: Reading = {
  vertical: ownPixel,
  horizontal: ownPixel,
  everything: false,
  moving: false,
};

/** Height and width; what is no image is one pixel. */
export function extents({ shape }: Pick<TracedTensor, 'shape'>): readonly [height: number, width: number] {
  return shape.length < 4 ? [1, 1] : [shape[1]!, shape[2]!];
}

/** What `field` says of an input of a step, in terms of the pixels that input and output really have. */
export function readingOf(
  field: Field,
  input: Pick<TracedTensor, 'shape'>,
  output: Pick<TracedTensor, 'shape'>,
): Reading {
  const [height, width] = extents(input);
  const [outHeight, outWidth] = extents(output);
  const whole = { vertical: undefined, horizontal: undefined, everything: true, moving: false };
  if (field.kind === 'window' || field.kind === 'data-dependent') {
    const [vertical, horizontal] = tapsOf(field);
    if (vertical === undefined || horizontal === undefined) return whole;
    return { vertical, horizontal, everything: false, moving: field.kind === 'data-dependent' };
  }
  const isOnePixel = height === 1 && width === 1;
  if (field.kind === 'global' && !isOnePixel) return whole;
  // Pixels that end in no image, as in a sum over channels that drops the axis, have lost their places.
  const keeps = (side: number, out: number) => side === out || side === 1;
  if (!keeps(height, outHeight) || !keeps(width, outWidth)) return whole;
  if (field.kind !== 'statistics' && height === outHeight && width === outWidth) return sameReading;
  return {
    vertical: height === outHeight ? ownPixel : firstPixel,
    horizontal: width === outWidth ? ownPixel : firstPixel,
    everything: field.kind === 'statistics' && !isOnePixel,
    moving: false,
  };
}

function tapsOf(field: WindowField): readonly [vertical: Taps | undefined, horizontal: Taps | undefined] {
  return [
    inWholeNumbers(field.kernelHeight, field.strideHeight, field.dilationHeight, field.paddingTop),
    inWholeNumbers(field.kernelWidth, field.strideWidth, field.dilationWidth, field.paddingLeft),
  ];
}

const largestUnit = 10_000;

/** Undefined for numbers that have no small common denominator. */
function inWholeNumbers(kernel: number, stride: number, dilation: number, padding: number): Taps | undefined {
  const isWhole = (value: number) => Math.abs(value - Math.round(value)) < 1e-6;
  for (let unit = 1; unit <= largestUnit; unit++) {
    if (![stride, dilation, padding].every((value) => isWhole(value * unit))) continue;
    return {
      kernel,
      unit,
      stride: Math.round(stride * unit),
      dilation: Math.round(dilation * unit),
      offset: 0 - Math.round(padding * unit),
    };
  }
  return undefined;
}

/** The positions that an output reads, on an axis without ends, in rising order. */
export function positionsAt({ kernel, stride, dilation, offset, unit }: Taps, output: number): number[] {
  const positions: number[] = [];
  const first = output * stride + offset;
  for (let tap = 0; tap < kernel; tap++) {
    const position = first + tap * dilation;
    if (position % unit === 0) positions.push(position / unit);
  }
  return positions;
}

/** After how many outputs the same positions come again, moved by how much. */
export function periodOf({ stride, unit }: Taps): { readonly period: number; readonly shift: number } {
  const period = unit / greatestCommonDivisor(unit, stride);
  return { period, shift: (period * stride) / unit };
}

export function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? Math.abs(a) : greatestCommonDivisor(b, a % b);
}
