import type { PlacementRecord } from '../ops/_place.js';
import type { View } from './device.js';

/** y[n, i, k] = x[n, i - top, k - left] where that exists, else value. */
export function pad(
  { batch, height, length, outHeight, outLength, top, left, value }: PlacementRecord,
  { x, y }: Readonly<Record<'x' | 'y', View>>,
): void {
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < outHeight; i++) {
      for (let k = 0; k < outLength; k++) {
        const row = i - top;
        const column = k - left;
        const inside = row >= 0 && row < height && column >= 0 && column < length;
        y.values[(n * outHeight + i) * outLength + k] = inside
          ? x.values[(n * height + row) * length + column]!
          : value;
      }
    }
  }
}
