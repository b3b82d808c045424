import type { MaxPool2dRecord } from '../ops/max-pool2d.js';
import type { View } from './device.js';

/** Columns that a window reaches over. */
function reach({ kernelWidth, dilationWidth }: MaxPool2dRecord): number {
  return (kernelWidth - 1) * dilationWidth + 1;
}

/** The maximum of one window and its place in it, row * reach + column; minus infinity and -1 if no pixel lies in it. */
function windowMaximum(
  record: MaxPool2dRecord,
  { values }: View,
  [n, i, j, c]: readonly [number, number, number, number],
): { readonly maximum: number; readonly place: number } {
  const { inHeight, inWidth, channels, kernelHeight, kernelWidth, dilationHeight, dilationWidth } = record;
  let maximum = Number.NEGATIVE_INFINITY;
  let place = -1;
  for (let r = 0; r < kernelHeight; r++) {
    for (let s = 0; s < kernelWidth; s++) {
      const row = i * record.strideHeight - record.paddingTop + r * dilationHeight;
      const column = j * record.strideWidth - record.paddingLeft + s * dilationWidth;
      if (row < 0 || row >= inHeight || column < 0 || column >= inWidth) continue;
      const value = values[((n * inHeight + row) * inWidth + column) * channels + c]!;
      if (place >= 0 && !(value > maximum || Number.isNaN(value))) continue;
      maximum = value;
      place = r * dilationHeight * reach(record) + s * dilationWidth;
    }
  }
  return { maximum, place };
}

export function maxPool2d(
  record: MaxPool2dRecord,
  { x, y, indices }: Readonly<Record<'x' | 'y' | 'indices', View>>,
): void {
  const { batch, outHeight, outWidth, channels } = record;
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < outHeight; i++) {
      for (let j = 0; j < outWidth; j++) {
        for (let c = 0; c < channels; c++) {
          const { maximum, place } = windowMaximum(record, x, [n, i, j, c]);
          const index = ((n * outHeight + i) * outWidth + j) * channels + c;
          y.values[index] = maximum;
          if (indices !== undefined) indices.values[index] = place;
        }
      }
    }
  }
}

export function maxPool2dGradient(
  record: MaxPool2dRecord,
  { indices, gradient, xGradient }: Readonly<Record<'indices' | 'gradient' | 'xGradient', View>>,
): void {
  const { batch, inHeight, inWidth, outHeight, outWidth, channels } = record;
  xGradient.values.fill(0);
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < outHeight; i++) {
      for (let j = 0; j < outWidth; j++) {
        for (let c = 0; c < channels; c++) {
          const index = ((n * outHeight + i) * outWidth + j) * channels + c;
          const place = indices.values[index]!;
          if (place < 0) continue;
          const row = i * record.strideHeight - record.paddingTop + Math.floor(place / reach(record));
          const column = j * record.strideWidth - record.paddingLeft + (place % reach(record));
          const pixel = (n * inHeight + row) * inWidth + column;
          xGradient.values[pixel * channels + c]! += gradient.values[index]!;
        }
      }
    }
  }
}
