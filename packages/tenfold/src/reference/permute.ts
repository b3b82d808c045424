import type { PermuteKernelRecord } from '../ops/_permute.js';
import type { View } from './device.js';

/** y[outer * yStride + column * yColumnStride + row] = x[outer * xStride + row * xRowStride + column], for all outer indices. */
export function permute(
  { rows, columns, xRowStride, yColumnStride, size, xStride, yStride }: PermuteKernelRecord,
  { x, y }: Readonly<Record<'x' | 'y', View>>,
): void {
  const matrices = size.reduce((product, side) => product * side, 1);
  for (let matrix = 0; matrix < matrices; matrix++) {
    let rest = matrix;
    let from = 0;
    let to = 0;
    for (let axis = size.length - 1; axis >= 0; axis--) {
      from += (rest % size[axis]!) * xStride[axis]!;
      to += (rest % size[axis]!) * yStride[axis]!;
      rest = Math.floor(rest / size[axis]!);
    }
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        y.values[to + column * yColumnStride + row] = x.values[from + row * xRowStride + column]!;
      }
    }
  }
}
