// y[batch, column, row] = x[batch, row, column]. It moves words of 32 bits.

import { CHUNK, ceilDivide } from './lib/vector';

// @ts-ignore: decorator
@unmanaged
class Transpose {
  x: usize;
  y: usize;
  batch: i32;
  rows: i32;
  columns: i32;
}

/** Rows in a block of a large matrix; so many results lie side by side. */
const ROWS: i32 = 64;

/** Small matrices (the channels of one pixel, say) share a block; large ones have several. */
function matricesPerBlock(d: Transpose): i32 {
  return d.rows <= ROWS ? max(1, CHUNK / max(1, d.rows * d.columns)) : 1;
}

export function transposeBlocks(d: Transpose, phase: i32): i32 {
  if (phase > 0) return -1;
  return ceilDivide(d.batch, matricesPerBlock(d)) * ceilDivide(d.rows, ROWS);
}

export function transpose(d: Transpose, phase: i32, block: i32, scratch: usize): void {
  const parts = ceilDivide(d.rows, ROWS);
  const perBlock = matricesPerBlock(d);
  const group = block / parts;
  const first = (block - group * parts) * ROWS;
  const rows = min(d.rows - first, ROWS);
  const end = min(d.batch, (group + 1) * perBlock);
  for (let matrix = group * perBlock; matrix < end; matrix++) {
    const start = matrix * d.rows * d.columns;
    const x = d.x + ((start + first * d.columns) << 2);
    transposeRows(x, rows, d.columns, d.y + ((start + first) << 2), d.rows);
  }
}

/** Rows of `columns` words become columns of y, whose rows lie `yStride` apart: in tiles of 4x4, and what remains singly. */
function transposeRows(x: usize, rows: i32, columns: i32, y: usize, yStride: i32): void {
  const xBytes = columns << 2;
  const yBytes = yStride << 2;
  const tileRows = rows & ~3;
  const tileColumns = columns & ~3;
  for (let column = 0; column < tileColumns; column += 4) {
    for (let row = 0; row < tileRows; row += 4) {
      tile(x + row * xBytes + (column << 2), xBytes, y + column * yBytes + (row << 2), yBytes);
    }
  }
  for (let column = tileColumns; column < columns; column++) {
    let from = x + (column << 2);
    let to = y + column * yBytes;
    for (let row = 0; row < tileRows; row++) {
      store<u32>(to, load<u32>(from));
      from += xBytes;
      to += 4;
    }
  }
  for (let row = tileRows; row < rows; row++) {
    let from = x + row * xBytes;
    let to = y + (row << 2);
    for (let column = 0; column < columns; column++) {
      store<u32>(to, load<u32>(from));
      from += 4;
      to += yBytes;
    }
  }
}

// @ts-ignore: decorator
@inline
function tile(x: usize, xBytes: i32, y: usize, yBytes: i32): void {
  const a = v128.load(x);
  const b = v128.load(x + xBytes);
  const c = v128.load(x + 2 * xBytes);
  const e = v128.load(x + 3 * xBytes);
  // The first and the last two words of each pair of rows, interleaved.
  const abLow = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const abHigh = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const ceLow = v128.shuffle<i32>(c, e, 0, 4, 1, 5);
  const ceHigh = v128.shuffle<i32>(c, e, 2, 6, 3, 7);
  v128.store(y, v128.shuffle<i64>(abLow, ceLow, 0, 2));
  v128.store(y + yBytes, v128.shuffle<i64>(abLow, ceLow, 1, 3));
  v128.store(y + 2 * yBytes, v128.shuffle<i64>(abHigh, ceHigh, 0, 2));
  v128.store(y + 3 * yBytes, v128.shuffle<i64>(abHigh, ceHigh, 1, 3));
}
