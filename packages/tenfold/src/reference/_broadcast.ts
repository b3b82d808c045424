import type { BroadcastRecord } from '../ops/_broadcast.js';
import type { View } from './device.js';

export type BroadcastOperands = Readonly<Record<'a' | 'b' | 'y', View>>;

/** Writes `combine(a, b)` for every element of the broadcast result, in row-major order. */
export function broadcast(
  { size, aStride, bStride }: Pick<BroadcastRecord, 'size' | 'aStride' | 'bStride'>,
  { a, b, y }: BroadcastOperands,
  combine: (a: number, b: number) => number,
): void {
  const length = size.reduce((product, side) => product * side, 1);
  for (let position = 0; position < length; position++) {
    let rest = position;
    let aIndex = 0;
    let bIndex = 0;
    for (let axis = size.length - 1; axis >= 0; axis--) {
      const index = rest % size[axis]!;
      rest = Math.floor(rest / size[axis]!);
      aIndex += index * aStride[axis]!;
      bIndex += index * bStride[axis]!;
    }
    y.values[position] = combine(a.values[aIndex]!, b.values[bIndex]!);
  }
}
