// y[batch, column, row] = x[batch, row, column].

import { ceilDivide } from './lib/vector';

// @ts-ignore: decorator
@unmanaged
class Transpose {
  x: usize;
  y: usize;
  batch: i32;
  rows: i32;
  columns: i32;
}

/** Rows in a block; so many results lie side by side. */
const ROWS: i32 = 64;

export function transposeBlocks(d: Transpose, phase: i32): i32 {
  return phase == 0 ? d.batch * ceilDivide(d.rows, ROWS) : -1;
}

export function transpose(d: Transpose, phase: i32, block: i32, scratch: usize): void {
  const parts = ceilDivide(d.rows, ROWS);
  const image = block / parts;
  const first = (block - image * parts) * ROWS;
  const end = min(d.rows, first + ROWS);
  const start = image * d.rows * d.columns;
  for (let column = 0; column < d.columns; column++) {
    let from = d.x + (start + first * d.columns + column << 2);
    let to = d.y + (start + column * d.rows + first << 2);
    for (let row = first; row < end; row++) {
      store<f32>(to, load<f32>(from));
      from += d.columns << 2;
      to += 4;
    }
  }
}
