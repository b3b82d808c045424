// Softmax of one row of scores, and how rows are shared out.

import { exp } from './elementary';
import { CHUNK, lanesSum } from './vector';

export function rowsPerBlock(classes: i32): i32 {
  return max(1, CHUNK / 4 / classes);
}

/** The maximum of a row; NaN if there is one. */
export function rowMaximum(x: usize, classes: i32): f32 {
  let largest = load<f32>(x);
  for (let k = 1; k < classes; k++) largest = max<f32>(largest, load<f32>(x + (k << 2)));
  return largest;
}

/** Writes exp(x - shift) and returns their sum. */
export function exponentials(x: usize, classes: i32, shift: f32, y: usize): f32 {
  const shifts = f32x4.splat(shift);
  let lanes = f32x4.splat(0);
  let k = 0;
  for (; k + 4 <= classes; k += 4) {
    const e = exp(f32x4.sub(v128.load(x + (k << 2)), shifts));
    v128.store(y + (k << 2), e);
    lanes = f32x4.add(lanes, e);
  }
  let total = lanesSum(lanes);
  for (; k < classes; k++) {
    const e = f32x4.extract_lane(exp(f32x4.splat(load<f32>(x + (k << 2)) - shift)), 0);
    store<f32>(y + (k << 2), e);
    total += e;
  }
  return total;
}

export function softmaxRow(x: usize, classes: i32, y: usize): void {
  const total = exponentials(x, classes, rowMaximum(x, classes), y);
  for (let k = 0; k < classes; k++) store<f32>(y + (k << 2), load<f32>(y + (k << 2)) / total);
}
