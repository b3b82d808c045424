import type { InterpolateRecord, Positions } from '../ops/interpolate.js';
import type { View } from './device.js';

interface Part {
  readonly pixel: number;
  readonly weight: number;
}

/** The rows (or columns) of the image that result i is made of: one, or two where it lies between them. */
function partsOf(
  i: number,
  inputs: number,
  mode: InterpolateRecord['mode'],
  { step, shift, divisor }: Positions,
): readonly Part[] {
  const position = Math.min(Math.max((i * step + shift) / divisor, 0), inputs - 1);
  const pixel = Math.floor(position);
  if (mode === 'nearest' || position === pixel) return [{ pixel, weight: 1 }];
  return [
    { pixel, weight: 1 - (position - pixel) },
    { pixel: pixel + 1, weight: position - pixel },
  ];
}

/** Visits every part that an element of x has in an element of y. */
function forEachPart(record: InterpolateRecord, visit: (y: number, x: number, weight: number) => void): void {
  const { batch, inHeight, inWidth, channels, outHeight, outWidth, mode, vertical, horizontal } = record;
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < outHeight; i++) {
      for (let j = 0; j < outWidth; j++) {
        for (const row of partsOf(i, inHeight, mode, vertical)) {
          for (const column of partsOf(j, inWidth, mode, horizontal)) {
            for (let c = 0; c < channels; c++) {
              visit(
                ((n * outHeight + i) * outWidth + j) * channels + c,
                ((n * inHeight + row.pixel) * inWidth + column.pixel) * channels + c,
                row.weight * column.weight,
              );
            }
          }
        }
      }
    }
  }
}

export function interpolate(record: InterpolateRecord, { x, y }: Readonly<Record<'x' | 'y', View>>): void {
  y.values.fill(0);
  forEachPart(record, (to, from, weight) => {
    y.values[to]! += weight * x.values[from]!;
  });
}

export function interpolateGradient(
  record: InterpolateRecord,
  { gradient, xGradient }: Readonly<Record<'gradient' | 'xGradient', View>>,
): void {
  xGradient.values.fill(0);
  forEachPart(record, (from, to, weight) => {
    xGradient.values[to]! += weight * gradient.values[from]!;
  });
}
