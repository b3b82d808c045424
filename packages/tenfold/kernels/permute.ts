// y[outer, column, row] = x[outer, row, column] for matrices that lie anywhere in x and in y, whose rows lie dense in x and
// whose columns lie dense in y. It moves words of 32 bits.

import { CHUNK, ceilDivide, copyRuns } from './lib/vector';

// @ts-ignore: decorator
@unmanaged
class Permute {
  x: usize;
  y: usize;
  rows: i32;
  columns: i32;
  xRowStride: i32;
  yColumnStride: i32;
  size0: i32;
  size1: i32;
  size2: i32;
  size3: i32;
  size4: i32;
  xStride0: i32;
  xStride1: i32;
  xStride2: i32;
  xStride3: i32;
  xStride4: i32;
  yStride0: i32;
  yStride1: i32;
  yStride2: i32;
  yStride3: i32;
  yStride4: i32;
}

/** Rows, and columns, in a block of a large matrix; so many words lie side by side in x, and as many in y. */
const SIDE: i32 = 256;

/** Rows that are transposed together, so that their lines are still in the nearest cache for their next columns. */
const STRIP: i32 = 256;

/** How many of `lines` of `length` words a block takes: all of a small matrix, fewer of longer ones. */
// @ts-ignore: decorator
@inline
function perBlock(lines: i32, length: i32): i32 {
  return min(lines, max(SIDE, (CHUNK / max(1, length)) & ~3));
}

/** Small matrices (the channels of one pixel, say) share a block; large ones have several. */
function matricesPerBlock(d: Permute): i32 {
  return max(1, CHUNK / (d.rows * d.columns));
}

export function permuteBlocks(d: Permute, phase: i32): i32 {
  if (phase > 0) return -1;
  const parts = ceilDivide(d.rows, perBlock(d.rows, d.columns)) * ceilDivide(d.columns, perBlock(d.columns, d.rows));
  const matrices = d.size0 * d.size1 * d.size2 * d.size3 * d.size4;
  return ceilDivide(matrices, matricesPerBlock(d)) * parts;
}

export function permute(d: Permute, phase: i32, block: i32, scratch: usize): void {
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
  const end = min(d.size0 * d.size1 * d.size2 * d.size3 * d.size4, (group + 1) * matrices);
  for (let matrix = group * matrices; matrix < end; ) {
    let rest = matrix / d.size4;
    const i4 = matrix - rest * d.size4;
    let from = row * d.xRowStride + column + i4 * d.xStride4 + (rest % d.size3) * d.xStride3;
    let to = column * d.yColumnStride + row + i4 * d.yStride4 + (rest % d.size3) * d.yStride3;
    rest /= d.size3;
    from += (rest % d.size2) * d.xStride2;
    to += (rest % d.size2) * d.yStride2;
    rest /= d.size2;
    from += (rest % d.size1) * d.xStride1 + (rest / d.size1) * d.xStride0;
    to += (rest % d.size1) * d.yStride1 + (rest / d.size1) * d.yStride0;
    // Those that follow along the innermost axis are found without divisions.
    const count = min(d.size4 - i4, end - matrix);
    const x = d.x + (from << 2);
    const y = d.y + (to << 2);
    const xStep = d.xStride4 << 2;
    const yStep = d.yStride4 << 2;
    if (rows == 1 && d.yColumnStride == 1) copyRuns(y, yStep, x, xStep, columns << 2, count);
    else transposeAll(x, xStep, y, yStep, count, rows, columns, d.xRowStride << 2, d.yColumnStride << 2);
    matrix += count;
  }
}

/**
 * Of `count` matrices, rows of `columns` words, `xBytes` apart, become columns of y, whose rows lie `yBytes` apart: four by
 * four. The last of them may cover again what has been moved.
 */
function transposeAll(
  x: usize,
  xStep: i32,
  y: usize,
  yStep: i32,
  count: i32,
  rows: i32,
  columns: i32,
  xBytes: i32,
  yBytes: i32,
): void {
  for (; count > 0; count--, x += xStep, y += yStep) {
    if (rows >= 4 && columns >= 4) {
      for (let row = 0; row < rows; row += STRIP) {
        transposeTiles(x + row * xBytes, min(STRIP, rows - row), columns, xBytes, y + (row << 2), yBytes);
      }
    } else if (columns >= 4 && yBytes == rows << 2 && rows > 1) {
      // Two or three rows or columns, in which the tiles do not fit.
      if (rows == 2) interleaveTwo(x, columns, xBytes, y);
      else interleaveThree(x, columns, xBytes, y);
    } else if (rows >= 4 && xBytes == columns << 2 && columns > 1) {
      if (columns == 2) partTwo(x, rows, y, yBytes);
      else partThree(x, rows, y, yBytes);
    } else {
      for (let row = 0; row < rows; row++) {
        let to = y + (row << 2);
        for (let from = x + row * xBytes, end = from + (columns << 2); from < end; from += 4, to += yBytes) {
          store<u32>(to, load<u32>(from));
        }
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function transposeTiles(x: usize, rows: i32, columns: i32, xBytes: i32, y: usize, yBytes: i32): void {
  if (rows < 4) {
    // Of the last strip.
    x -= (4 - rows) * xBytes;
    y -= (4 - rows) << 2;
    rows = 4;
  }
  for (let column = 0; ; column = min(column + 4, columns - 4)) {
    const from = x + (column << 2);
    const to = y + column * yBytes;
    for (let row = 0; ; row = min(row + 4, rows - 4)) {
      tile(from + row * xBytes, xBytes, to + (row << 2), yBytes);
      if (row == rows - 4) break;
    }
    if (column == columns - 4) break;
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
  for (let column = 0; ; column = min(column + 4, columns - 4)) {
    const from = a + (column << 2);
    const to = y + (column << 3);
    const va = v128.load(from);
    const vb = v128.load(from + stride);
    v128.store(to, v128.shuffle<i32>(va, vb, 0, 4, 1, 5));
    v128.store(to, v128.shuffle<i32>(va, vb, 2, 6, 3, 7), 16);
    if (column == columns - 4) return;
  }
}

// @ts-ignore: decorator
@inline
function interleaveThree(a: usize, columns: i32, stride: i32, y: usize): void {
  for (let column = 0; ; column = min(column + 4, columns - 4)) {
    const from = a + (column << 2);
    const to = y + column * 12;
    const va = v128.load(from);
    const vb = v128.load(from + stride);
    const vc = v128.load(from + 2 * stride);
    v128.store(to, v128.shuffle<i32>(v128.shuffle<i32>(va, vb, 0, 4, 1, 5), vc, 0, 1, 4, 2));
    v128.store(to, v128.shuffle<i32>(v128.shuffle<i32>(vb, vc, 1, 5, 2, 6), va, 0, 1, 6, 2), 16);
    v128.store(to, v128.shuffle<i32>(v128.shuffle<i32>(vc, va, 2, 7, 3, 3), vb, 0, 1, 7, 2), 32);
    if (column == columns - 4) return;
  }
}

// @ts-ignore: decorator
@inline
function partTwo(x: usize, rows: i32, a: usize, stride: i32): void {
  for (let row = 0; ; row = min(row + 4, rows - 4)) {
    const from = x + (row << 3);
    const to = a + (row << 2);
    const low = v128.load(from);
    const high = v128.load(from, 16);
    v128.store(to, v128.shuffle<i32>(low, high, 0, 2, 4, 6));
    v128.store(to + stride, v128.shuffle<i32>(low, high, 1, 3, 5, 7));
    if (row == rows - 4) return;
  }
}

// @ts-ignore: decorator
@inline
function partThree(x: usize, rows: i32, a: usize, stride: i32): void {
  for (let row = 0; ; row = min(row + 4, rows - 4)) {
    const from = x + row * 12;
    const to = a + (row << 2);
    const v0 = v128.load(from);
    const v1 = v128.load(from, 16);
    const v2 = v128.load(from, 32);
    v128.store(to, v128.shuffle<i32>(v128.shuffle<i32>(v0, v1, 0, 3, 6, 6), v2, 0, 1, 2, 5));
    v128.store(to + stride, v128.shuffle<i32>(v128.shuffle<i32>(v0, v1, 1, 4, 7, 7), v2, 0, 1, 2, 6));
    v128.store(to + 2 * stride, v128.shuffle<i32>(v128.shuffle<i32>(v0, v1, 2, 5, 5, 5), v2, 0, 1, 4, 7));
    if (row == rows - 4) return;
  }
}
