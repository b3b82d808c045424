/**
 * Copying a rectangle of rows into a larger one, or out of a smaller one: along both axes the source is moved by a
 * number of either sign, what does not fit is cut off, and what remains free is filled.
 *
 *   y[n, i, k] = x[n, i - top, k - left] where that exists, else value
 */

import { type Device, empty, type Operand, type Spec } from '../device/device.js';

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
