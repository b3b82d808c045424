import type { View } from './device.js';

export interface PermuteKernelRecord {
  /** The sides of the result. */
  readonly size: readonly number[];
  /** How far apart in x the elements along each of them are. */
  readonly xStride: readonly number[];
}

export function permute(
  { size, xStride }: PermuteKernelRecord,
  { x, y }: Readonly<Record<'x' | 'y', View>>,
): void {
  const length = size.reduce((product, side) => product * side, 1);
  for (let position = 0; position < length; position++) {
    let rest = position;
    let from = 0;
    for (let axis = size.length - 1; axis >= 0; axis--) {
      from += (rest % size[axis]!) * xStride[axis]!;
      rest = Math.floor(rest / size[axis]!);
    }
    y.values[position] = x.values[from]!;
  }
}
