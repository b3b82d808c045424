// Softmax of one row of scores, and how rows are shared out.

import { exp } from './elementary';
import { CHUNK, lanesSum, loadTail, storeTail } from './vector';

export function rowsPerBlock(classes: i32): i32 {
  return max(1, CHUNK / 4 / classes);
}

/** The maximum of a row; NaN if there is one. */
export function rowMaximum(x: usize, classes: i32): f32 {
  const end = x + (classes << 2);
  let largest = load<f32>(x);
  if (classes >= 4) {
    let lanes = v128.load(x);
    for (x += 16; x + 16 <= end; x += 16) lanes = f32x4.max(lanes, v128.load(x));
    lanes = f32x4.max(lanes, v128.shuffle<f32>(lanes, lanes, 2, 3, 0, 1));
    largest = max<f32>(f32x4.extract_lane(lanes, 0), f32x4.extract_lane(lanes, 1));
  }
  for (; x < end; x += 4) largest = max<f32>(largest, load<f32>(x));
  return largest;
}

/** Writes exp(x - shift) and returns their sum. */
export function exponentials(x: usize, classes: i32, shift: f32, y: usize): f32 {
  const shifts = f32x4.splat(shift);
  let lanes = f32x4.splat(0);
  for (; classes >= 4; classes -= 4, x += 16, y += 16) {
    const e = exp(f32x4.sub(v128.load(x), shifts));
    v128.store(y, e);
    lanes = f32x4.add(lanes, e);
  }
  let total = lanesSum(lanes);
  if (classes == 0) return total;
  const e = exp(f32x4.sub(loadTail(x, classes), shifts));
  storeTail(y, e, classes);
  total += f32x4.extract_lane(e, 0);
  if (classes > 1) total += f32x4.extract_lane(e, 1);
  return classes > 2 ? total + f32x4.extract_lane(e, 2) : total;
}

export function softmaxRow(x: usize, classes: i32, y: usize): void {
  const total = exponentials(x, classes, rowMaximum(x, classes), y);
  const totals = f32x4.splat(total);
  const end = y + (classes << 2);
  for (; y + 16 <= end; y += 16) v128.store(y, f32x4.div(v128.load(y), totals));
  for (; y < end; y += 4) store<f32>(y, load<f32>(y) / total);
}
