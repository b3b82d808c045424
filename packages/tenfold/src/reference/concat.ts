import type { View } from './device.js';

export interface CopyRecord {
  readonly rows: number;
  readonly length: number;
}

/** Copies `rows` pieces of `length` elements, which lie `pixelStride` apart, from `channelOffset` on. */
export function copy({ rows, length }: CopyRecord, { x, y }: Readonly<Record<'x' | 'y', View>>): void {
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < length; i++) {
      const from = row * (x.pixelStride ?? length) + x.channelOffset + i;
      const to = row * (y.pixelStride ?? length) + y.channelOffset + i;
      y.values[to] = x.values[from]!;
    }
  }
}
