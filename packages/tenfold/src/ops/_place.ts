/**
 * Copying a rectangle of rows into a larger one, or out of a smaller one: along both axes the source is moved by a
 * number of either sign, what does not fit is cut off, and what remains free is filled.
 *
 *   y[n, i, k] = x[n, i - top, k - left] where that exists, else value
 */

import { type Device, empty, type Operand, type Spec } from '../device/device.js';
import type { Field } from './_operator.js';

export interface PlacementRecord {
  readonly batch: number;
  /** Rows of each x, and their length in elements. */
  readonly height: number;
  readonly length: number;
  readonly outHeight: number;
  readonly outLength: number;
  readonly top: number;
  readonly left: number;
  readonly value: number;
}

/** The adjoint: what came from x goes back to where it was. */
export function placedBack(record: PlacementRecord): PlacementRecord {
  const { height, length, outHeight, outLength, top, left } = record;
  return {
    ...record,
    height: outHeight,
    length: outLength,
    outHeight: height,
    outLength: length,
    // Not -0, which no kernel could tell from 0 but a person who compares records would.
    top: 0 - top,
    left: 0 - left,
    value: 0,
  };
}

/** Carries the gradient of a placement back. */
export function placementGradient(
  device: Device,
  record: PlacementRecord,
  gradient: Operand,
  spec: Spec,
): Operand {
  const xGradient = empty(device, spec);
  device.run('pad', placedBack(record), { x: gradient, y: xGradient });
  return xGradient;
}

/** In each of some rows a piece of `length` elements, in x as in y. */
export interface Piece {
  readonly length: number;
  readonly x: Operand;
  readonly y: Operand;
}

/** The kernel copies so many at once, and so passes over what they lie in together but once. */
const together = 5;

/** Copies pieces of `rows` rows; operands without a pixel stride are nothing but their piece. */
export function copyPieces(device: Device, rows: number, pieces: readonly Piece[]): void {
  for (let first = 0; first < pieces.length; first += together) {
    const some = pieces.slice(first, first + together);
    while (some.length < together) some.push({ ...some[0]!, length: 0 });
    const operands: Record<string, Operand> = {};
    some.forEach(({ length, x, y }, index) => {
      operands[`x${index}`] = { ...x, pixelStride: x.pixelStride ?? length };
      operands[`y${index}`] = { ...y, pixelStride: y.pixelStride ?? length };
    });
    device.run('copy', { rows, length: some.map(({ length }) => length) }, operands);
  }
}

/** What the result reads of a tensor of this shape whose element 0 along `axis` lies at `place` of it. */
export function movedField(shape: readonly number[], axis: number, place: number): Field {
  if (axis === 0 || axis === shape.length - 1 || axis > 2) return { kind: 'pointwise' };
  if (shape.length < 4) return { kind: 'global' };
  return {
    kind: 'window',
    kernelHeight: 1,
    kernelWidth: 1,
    strideHeight: 1,
    strideWidth: 1,
    dilationHeight: 1,
    dilationWidth: 1,
    paddingTop: axis === 1 ? place : 0,
    paddingLeft: axis === 2 ? place : 0,
  };
}
