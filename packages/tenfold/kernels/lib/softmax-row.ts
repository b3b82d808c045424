// Softmax of one row of scores, and how rows are shared out.

import { expOfNegative } from './elementary';
import { CHUNK, lanesSum, loadTail, storeTail } from './vector';

export function rowsPerBlock(classes: i32): i32 {
  return max(1, CHUNK / 4 / classes);
}

/** The maximum of a row, or NaN; with NaN in the row it may be either. */
export function rowMaximum(x: usize, classes: i32): f32 {
  const end = x + (classes << 2);
  let largest = load<f32>(x);
  if (classes >= 4) {
    let lanes = v128.load(x);
    x += 16;
    if (classes >= 32) {
      // Each pmax waits for the one before, so there are four rows of them.
      let lanes1 = lanes;
      let lanes2 = lanes;
      let lanes3 = lanes;
      for (; x + 64 <= end; x += 64) {
        lanes = f32x4.pmax(lanes, v128.load(x));
        lanes1 = f32x4.pmax(lanes1, v128.load(x, 16));
        lanes2 = f32x4.pmax(lanes2, v128.load(x, 32));
        lanes3 = f32x4.pmax(lanes3, v128.load(x, 48));
      }
      lanes = f32x4.max(f32x4.max(lanes, lanes1), f32x4.max(lanes2, lanes3));
    }
    for (; x + 16 <= end; x += 16) lanes = f32x4.pmax(lanes, v128.load(x));
    lanes = f32x4.max(lanes, v128.shuffle<f32>(lanes, lanes, 2, 3, 0, 1));
    largest = max<f32>(f32x4.extract_lane(lanes, 0), f32x4.extract_lane(lanes, 1));
  }
  for (; x < end; x += 4) largest = max<f32>(largest, load<f32>(x));
  return largest;
}

/** Writes exp(x - shift) and returns their sum; no x is larger than the shift. */
export function exponentials(x: usize, classes: i32, shift: f32, y: usize): f32 {
  const shifts = f32x4.splat(shift);
  let lanes = f32x4.splat(0);
  // As in lib/elementwise.ts, a cache line at a time.
  for (; classes >= 16; classes -= 16, x += 64, y += 64) {
    const e0 = expOfNegative(f32x4.sub(v128.load(x), shifts));
    const e1 = expOfNegative(f32x4.sub(v128.load(x, 16), shifts));
    const e2 = expOfNegative(f32x4.sub(v128.load(x, 32), shifts));
    const e3 = expOfNegative(f32x4.sub(v128.load(x, 48), shifts));
    v128.store(y, e0);
    v128.store(y, e1, 16);
    v128.store(y, e2, 32);
    v128.store(y, e3, 48);
    lanes = f32x4.add(f32x4.add(f32x4.add(f32x4.add(lanes, e0), e1), e2), e3);
  }
  for (; classes >= 4; classes -= 4, x += 16, y += 16) {
    const e = expOfNegative(f32x4.sub(v128.load(x), shifts));
    v128.store(y, e);
    lanes = f32x4.add(lanes, e);
  }
  let total = lanesSum(lanes);
  if (classes == 0) return total;
  const e = expOfNegative(f32x4.sub(loadTail(x, classes), shifts));
  storeTail(y, e, classes);
  total += f32x4.extract_lane(e, 0);
  if (classes > 1) total += f32x4.extract_lane(e, 1);
  return classes > 2 ? total + f32x4.extract_lane(e, 2) : total;
}

export function softmaxRow(x: usize, classes: i32, y: usize): void {
  normalise(y, classes, exponentials(x, classes, rowMaximum(x, classes), y), 0, 1);
}

/** y = (y / total - less) * scale */
export function normalise(y: usize, classes: i32, total: f32, less: f32, scale: f32): void {
  const totals = f32x4.splat(total);
  const lesses = f32x4.splat(less);
  const scales = f32x4.splat(scale);
  const end = y + (classes << 2);
  for (; y + 16 <= end; y += 16) {
    v128.store(y, f32x4.mul(f32x4.sub(f32x4.div(v128.load(y), totals), lesses), scales));
  }
  for (; y < end; y += 4) store<f32>(y, (load<f32>(y) / total - less) * scale);
}
