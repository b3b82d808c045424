import type { View } from './device.js';

export interface CopyRecord {
  readonly rows: number;
  /** Of each piece. */
  readonly length: readonly number[];
}

/** Copies from `x0` to `y0`, from `x1` to `y1` and so on pieces of so many elements, which lie `pixelStride` apart. */
export function copy({ rows, length }: CopyRecord, operands: Readonly<Record<string, View>>): void {
  length.forEach((count, piece) => {
    const [x, y] = [operands[`x${piece}`]!, operands[`y${piece}`]!];
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < count; i++) {
        const from = row * (x.pixelStride ?? count) + x.channelOffset + i;
        const to = row * (y.pixelStride ?? count) + y.channelOffset + i;
        y.values[to] = x.values[from]!;
      }
    }
  });
}
