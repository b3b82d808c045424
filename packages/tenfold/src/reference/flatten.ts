import type { View } from './device.js';

export interface TransposeRecord {
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
}

/** Each of `batch` matrices [rows, columns] of x becomes [columns, rows] of y. */
export function transpose(
  { batch, rows, columns }: TransposeRecord,
  { x, y }: Readonly<Record<'x' | 'y', View>>,
): void {
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        y.values[(n * columns + j) * rows + i] = x.values[(n * rows + i) * columns + j]!;
      }
    }
  }
}
