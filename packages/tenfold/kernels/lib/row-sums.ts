// Sums of rows of float32 that lie any distance apart, element by element and in the order of the rows.

import { fillWords, storeTail } from './vector';

/** y[i] = scale * (x0[i] + x1[i] + ...) for i below `length`; the rows of x lie `stride` bytes apart. No rows sum to zero. */
export function sumRows(x: usize, rows: i32, stride: i32, length: i32, scale: f32, y: usize): void {
  if (rows <= 0) fillWords(y, reinterpret<i32>(scale * 0), length << 2);
  else addRows(true, x, rows, stride, length, scale, y);
}

/** The same over boxes of `rows` by `columns` pixels. */
export function sumBox(
  x: usize,
  rows: i32,
  rowBytes: i32,
  columns: i32,
  columnBytes: i32,
  length: i32,
  scale: f32,
  y: usize,
): void {
  if (rows <= 0 || columns <= 0) return sumRows(x, 0, 0, length, scale, y);
  if (rows == 2 && columns == 2) {
    const below = x + rowBytes;
    group(4, true, x, x + columnBytes, below, below + columnBytes, length, scale, y);
    return;
  }
  for (let row = 0; row < rows; row++, x += rowBytes) {
    addRows(row == 0, x, columns, columnBytes, length, row == rows - 1 ? scale : 1, y);
  }
}

/** As `sumRows`, for rows that follow one another in slow memory: hardware fetches ahead what is read in order. */
export function sumInOrder(x: usize, rows: i32, length: i32, scale: f32, y: usize): void {
  const stride = length << 2;
  if (rows < 2 || length <= 64) return sumRows(x, rows, stride, length, scale, y);
  group(1, true, x, x, x, x, length, 1, y);
  x += stride;
  for (; rows > 2; rows--, x += stride) group(1, false, x, x, x, x, length, 1, y);
  group(1, false, x, x, x, x, length, scale, y);
}

/** Four rows at once, so that the sums so far pass through memory once in four rows. */
function addRows(isFirst: bool, x: usize, rows: i32, stride: i32, length: i32, scale: f32, y: usize): void {
  while (rows > 0) {
    const count = min(4, rows);
    const factor: f32 = count == rows ? scale : 1;
    const x1 = x + stride;
    const x2 = x1 + stride;
    const x3 = x2 + stride;
    if (isFirst) {
      if (count == 1) group(1, true, x, x1, x2, x3, length, factor, y);
      else if (count == 2) group(2, true, x, x1, x2, x3, length, factor, y);
      else if (count == 3) group(3, true, x, x1, x2, x3, length, factor, y);
      else group(4, true, x, x1, x2, x3, length, factor, y);
    } else {
      if (count == 1) group(1, false, x, x1, x2, x3, length, factor, y);
      else if (count == 2) group(2, false, x, x1, x2, x3, length, factor, y);
      else if (count == 3) group(3, false, x, x1, x2, x3, length, factor, y);
      else group(4, false, x, x1, x2, x3, length, factor, y);
    }
    isFirst = false;
    x += 4 * stride;
    rows -= 4;
  }
}

// @ts-ignore: decorator
@inline
function group(
  rows: i32,
  isFirst: bool,
  x: usize,
  x1: usize,
  x2: usize,
  x3: usize,
  length: i32,
  scale: f32,
  y: usize,
): void {
  const scales = f32x4.splat(scale);
  for (; length >= 8; length -= 8) {
    let sum = v128.load(x);
    let next = v128.load(x, 16);
    if (!isFirst) {
      sum = f32x4.add(v128.load(y), sum);
      next = f32x4.add(v128.load(y, 16), next);
    }
    if (rows > 1) {
      sum = f32x4.add(sum, v128.load(x1));
      next = f32x4.add(next, v128.load(x1, 16));
    }
    if (rows > 2) {
      sum = f32x4.add(sum, v128.load(x2));
      next = f32x4.add(next, v128.load(x2, 16));
    }
    if (rows > 3) {
      sum = f32x4.add(sum, v128.load(x3));
      next = f32x4.add(next, v128.load(x3, 16));
    }
    v128.store(y, f32x4.mul(sum, scales));
    v128.store(y, f32x4.mul(next, scales), 16);
    x += 32;
    y += 32;
    if (rows > 1) x1 += 32;
    if (rows > 2) x2 += 32;
    if (rows > 3) x3 += 32;
  }
  for (; length > 0; length -= 4) {
    // Loads may reach beyond a row.
    let sum = v128.load(x);
    if (!isFirst) sum = f32x4.add(v128.load(y), sum);
    if (rows > 1) sum = f32x4.add(sum, v128.load(x1));
    if (rows > 2) sum = f32x4.add(sum, v128.load(x2));
    if (rows > 3) sum = f32x4.add(sum, v128.load(x3));
    sum = f32x4.mul(sum, scales);
    if (length >= 4) v128.store(y, sum);
    else storeTail(y, sum, length);
    x += 16;
    y += 16;
    if (rows > 1) x1 += 16;
    if (rows > 2) x2 += 16;
    if (rows > 3) x3 += 16;
  }
}
