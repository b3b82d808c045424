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

/** Rows, and columns, in a block of a large matrix; so many words lie side by side in x, and as many in y. */
const SIDE: i32 = 256;

/** How many of `lines` of `length` words a block takes: all of a small matrix, fewer of longer ones. */
// @ts-ignore: decorator
@inline
function perBlock(lines: i32, length: i32): i32 {
  return min(lines, max(SIDE, (CHUNK / max(1, length)) & ~3));
}

/** Small matrices (the channels of one pixel, say) share a block; large ones have several. */
function matricesPerBlock(d: Transpose): i32 {
  return max(1, CHUNK / max(1, d.rows * d.columns));
}

export function transposeBlocks(d: Transpose, phase: i32): i32 {
  if (phase > 0) return -1;
  if (d.rows == 0 || d.columns == 0) return 0;
  const parts = ceilDivide(d.rows, perBlock(d.rows, d.columns)) * ceilDivide(d.columns, perBlock(d.columns, d.rows));
  return ceilDivide(d.batch, matricesPerBlock(d)) * parts;
}

export function transpose(d: Transpose, phase: i32, block: i32, scratch: usize): void {
  const rowsPerBlock = perBlock(d.rows, d.columns);
  const columnsPerBlock = perBlock(d.columns, d.rows);
  const columnParts = ceilDivide(d.columns, columnsPerBlock);
  const parts = ceilDivide(d.rows, rowsPerBlock) * columnParts;
  const matrices = matricesPerBlock(d);
  const group = block / parts;
  const part = block - group * parts;
  const rowPart = part / columnParts;
  const row = rowPart * rowsPerBlock;
  const column = (part - rowPart * columnParts) * columnsPerBlock;
  const rows = min(d.rows - row, rowsPerBlock);
  const columns = min(d.columns - column, columnsPerBlock);
  const end = min(d.batch, (group + 1) * matrices);
  for (let matrix = group * matrices; matrix < end; matrix++) {
    const start = matrix * d.rows * d.columns;
    const x = d.x + ((start + row * d.columns + column) << 2);
    const y = d.y + ((start + column * d.rows + row) << 2);
    transposeRows(x, rows, columns, d.columns << 2, y, d.rows << 2);
  }
}

/**
 * Rows of `columns` words, `xBytes` apart, become columns of y, whose rows lie `yBytes` apart: in tiles of 4x4, and what
 * remains singly.
 */
function transposeRows(x: usize, rows: i32, columns: i32, xBytes: i32, y: usize, yBytes: i32): void {
  // Two or three rows or columns, in which the tiles do not fit.
  if (xBytes == 8) return partTwo(x, rows, y, yBytes);
  if (xBytes == 12) return partThree(x, rows, y, yBytes);
  if (yBytes == 8) return interleaveTwo(x, columns, xBytes, y);
  if (yBytes == 12) return interleaveThree(x, columns, xBytes, y);
  const tileRows = rows & ~3;
  const tileColumns = columns & ~3;
  for (let column = 0; column < tileColumns; column += 4) {
    let from = x + (column << 2);
    let to = y + column * yBytes;
    for (const end = to + (tileRows << 2); to < end; to += 16) {
      tile(from, xBytes, to, yBytes);
      from += 4 * xBytes;
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

// @ts-ignore: decorator
@inline
function interleaveTwo(a: usize, columns: i32, stride: i32, y: usize): void {
  let b = a + stride;
  const end = a + (columns << 2);
  for (; a + 16 <= end; a += 16, b += 16, y += 32) {
    const va = v128.load(a);
    const vb = v128.load(b);
    v128.store(y, v128.shuffle<i32>(va, vb, 0, 4, 1, 5));
    v128.store(y, v128.shuffle<i32>(va, vb, 2, 6, 3, 7), 16);
  }
  for (; a < end; a += 4, b += 4, y += 8) {
    store<u32>(y, load<u32>(a));
    store<u32>(y, load<u32>(b), 4);
  }
}

// @ts-ignore: decorator
@inline
function interleaveThree(a: usize, columns: i32, stride: i32, y: usize): void {
  let b = a + stride;
  let c = b + stride;
  const end = a + (columns << 2);
  for (; a + 16 <= end; a += 16, b += 16, c += 16, y += 48) {
    const va = v128.load(a);
    const vb = v128.load(b);
    const vc = v128.load(c);
    v128.store(y, v128.shuffle<i32>(v128.shuffle<i32>(va, vb, 0, 4, 1, 5), vc, 0, 1, 4, 2));
    v128.store(y, v128.shuffle<i32>(v128.shuffle<i32>(vb, vc, 1, 5, 2, 6), va, 0, 1, 6, 2), 16);
    v128.store(y, v128.shuffle<i32>(v128.shuffle<i32>(vc, va, 2, 7, 3, 3), vb, 0, 1, 7, 2), 32);
  }
  for (; a < end; a += 4, b += 4, c += 4, y += 12) {
    store<u32>(y, load<u32>(a));
    store<u32>(y, load<u32>(b), 4);
    store<u32>(y, load<u32>(c), 8);
  }
}

// @ts-ignore: decorator
@inline
function partTwo(x: usize, rows: i32, a: usize, stride: i32): void {
  let b = a + stride;
  const end = a + (rows << 2);
  for (; a + 16 <= end; a += 16, b += 16, x += 32) {
    const low = v128.load(x);
    const high = v128.load(x, 16);
    v128.store(a, v128.shuffle<i32>(low, high, 0, 2, 4, 6));
    v128.store(b, v128.shuffle<i32>(low, high, 1, 3, 5, 7));
  }
  for (; a < end; a += 4, b += 4, x += 8) {
    store<u32>(a, load<u32>(x));
    store<u32>(b, load<u32>(x, 4));
  }
}

// @ts-ignore: decorator
@inline
function partThree(x: usize, rows: i32, a: usize, stride: i32): void {
  let b = a + stride;
  let c = b + stride;
  const end = a + (rows << 2);
  for (; a + 16 <= end; a += 16, b += 16, c += 16, x += 48) {
    const v0 = v128.load(x);
    const v1 = v128.load(x, 16);
    const v2 = v128.load(x, 32);
    v128.store(a, v128.shuffle<i32>(v128.shuffle<i32>(v0, v1, 0, 3, 6, 6), v2, 0, 1, 2, 5));
    v128.store(b, v128.shuffle<i32>(v128.shuffle<i32>(v0, v1, 1, 4, 7, 7), v2, 0, 1, 2, 6));
    v128.store(c, v128.shuffle<i32>(v128.shuffle<i32>(v0, v1, 2, 5, 5, 5), v2, 0, 1, 4, 7));
  }
  for (; a < end; a += 4, b += 4, c += 4, x += 12) {
    store<u32>(a, load<u32>(x));
    store<u32>(b, load<u32>(x, 4));
    store<u32>(c, load<u32>(x, 8));
  }
}
