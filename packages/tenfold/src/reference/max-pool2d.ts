import type { MaxPool2dRecord } from '../ops/max-pool2d.js';
import type { View } from './device.js';

/** The maximum of one window and where it is, row * width + column; minus infinity and -1 if no pixel lies in it. */
function windowMaximum(
  record: MaxPool2dRecord,
  { values }: View,
  [n, i, j, c]: readonly [number, number, number, number],
): { readonly maximum: number; readonly position: number } {
  const { inHeight, inWidth, channels, kernelHeight, kernelWidth } = record;
  let maximum = Number.NEGATIVE_INFINITY;
  let position = -1;
  for (let r = 0; r < kernelHeight; r++) {
    for (let s = 0; s < kernelWidth; s++) {
      const row = i * record.strideHeight - record.paddingTop + r * record.dilationHeight;
      const column = j * record.strideWidth - record.paddingLeft + s * record.dilationWidth;
      if (row < 0 || row >= inHeight || column < 0 || column >= inWidth) continue;
      const value = values[((n * inHeight + row) * inWidth + column) * channels + c]!;
      if (position >= 0 && !(value > maximum || Number.isNaN(value))) continue;
      maximum = value;
      position = row * inWidth + column;
    }
  }
  return { maximum, position };
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
          const { maximum, position } = windowMaximum(record, x, [n, i, j, c]);
          const index = ((n * outHeight + i) * outWidth + j) * channels + c;
          y.values[index] = maximum;
          indices.values[index] = position;
        }
      }
    }
  }
}

export function maxPool2dGradient(
  { batch, inHeight, inWidth, outHeight, outWidth, channels }: MaxPool2dRecord,
  { indices, gradient, xGradient }: Readonly<Record<'indices' | 'gradient' | 'xGradient', View>>,
): void {
  xGradient.values.fill(0);
  for (let n = 0; n < batch; n++) {
    for (let pixel = 0; pixel < outHeight * outWidth; pixel++) {
      for (let c = 0; c < channels; c++) {
        const index = (n * outHeight * outWidth + pixel) * channels + c;
        const position = indices.values[index]!;
        if (position < 0) continue;
        xGradient.values[(n * inHeight * inWidth + position) * channels + c]! += gradient.values[index]!;
      }
    }
  }
}
