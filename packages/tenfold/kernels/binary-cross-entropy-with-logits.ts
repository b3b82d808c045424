import { expOfUsual, log64, sigmoid } from './lib/elementary';
import { CHUNK, ceilDivide, firstLanes, storeTail } from './lib/vector';

// @ts-ignore: decorator
@unmanaged
class BinaryCrossEntropy {
  logits: usize;
  targets: usize;
  loss: usize;
  length: i32;
  workspace: usize;
}

export function binaryCrossEntropyWithLogitsWorkspace(d: BinaryCrossEntropy): i32 {
  return ceilDivide(d.length, CHUNK) * 8;
}

export function binaryCrossEntropyWithLogitsBlocks(d: BinaryCrossEntropy, phase: i32): i32 {
  if (phase == 0) return ceilDivide(d.length, CHUNK);
  return phase == 1 ? 1 : -1;
}

/** Sums over parts in float64, then their sum in order. */
export function binaryCrossEntropyWithLogits(
  d: BinaryCrossEntropy,
  phase: i32,
  block: i32,
  scratch: usize,
): void {
  if (phase == 0) {
    store<f64>(d.workspace + (block << 3), sumOfLosses(d, block * CHUNK, min(d.length, (block + 1) * CHUNK)));
    return;
  }
  let total: f64 = 0;
  for (let part = 0, n = ceilDivide(d.length, CHUNK); part < n; part++) {
    total += load<f64>(d.workspace + (part << 3));
  }
  store<f32>(d.loss, f32(total / f64(d.length)));
}

/** So many factors 1 + exp(-|x|), each from 1 to 2, are multiplied before their logarithm is taken; a multiple of 16. */
const FACTORS: i32 = 1024;

/** The sum of max(x, 0) - x t + log(1 + exp(-|x|)). NaN of x or t comes through the first two terms. */
function sumOfLosses(d: BinaryCrossEntropy, first: i32, end: i32): f64 {
  let x = d.logits + (first << 2);
  let target = d.targets + (first << 2);
  let left = end - first;
  let sums = f64x2.splat(0);
  while (left > 0) {
    const after = left - min(left, FACTORS);
    let products = f64x2.splat(1);
    for (; left - after >= 16; left -= 16, x += 64, target += 64) {
      const x0 = v128.load(x);
      const x1 = v128.load(x, 16);
      const x2 = v128.load(x, 32);
      const x3 = v128.load(x, 48);
      const e01 = productLessOne(exponential(x0), exponential(x1));
      const e23 = productLessOne(exponential(x2), exponential(x3));
      products = multiplied(products, productLessOne(e01, e23));
      const linear01 = f32x4.add(linear(x0, v128.load(target)), linear(x1, v128.load(target, 16)));
      const linear23 = f32x4.add(linear(x2, v128.load(target, 32)), linear(x3, v128.load(target, 48)));
      sums = added(sums, f32x4.add(linear01, linear23));
    }
    for (; left > after; left -= 4, x += 16, target += 16) {
      // Loads may reach beyond a tensor.
      const four = firstLanes(v128.load(x), left - after);
      products = multiplied(products, firstLanes(exponential(four), left - after));
      sums = added(sums, linear(four, firstLanes(v128.load(target), left - after)));
    }
    left = after;
    sums = f64x2.add(sums, log64(products));
  }
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
}

/** exp(-|x|), or something too small to matter. */
// @ts-ignore: decorator
@inline
function exponential(x: v128): v128 {
  return expOfUsual(f32x4.pmax(v128.or(x, i32x4.splat(i32.MIN_VALUE)), f32x4.splat(-87)));
}

// @ts-ignore: decorator
@inline
function linear(x: v128, target: v128): v128 {
  return f32x4.sub(f32x4.pmax(x, f32x4.splat(0)), f32x4.mul(x, target));
}

/** (1 + a) (1 + b) - 1, which keeps the digits of small a and b. */
// @ts-ignore: decorator
@inline
function productLessOne(a: v128, b: v128): v128 {
  return f32x4.add(f32x4.add(a, b), f32x4.mul(a, b));
}

// @ts-ignore: decorator
@inline
function multiplied(products: v128, lessOne: v128): v128 {
  const one = f64x2.splat(1);
  const low = f64x2.add(one, f64x2.promote_low_f32x4(lessOne));
  const high = f64x2.add(one, f64x2.promote_low_f32x4(v128.shuffle<i64>(lessOne, lessOne, 1, 1)));
  return f64x2.mul(products, f64x2.mul(low, high));
}

// @ts-ignore: decorator
@inline
function added(sums: v128, x: v128): v128 {
  const high = f64x2.promote_low_f32x4(v128.shuffle<i64>(x, x, 1, 1));
  return f64x2.add(sums, f64x2.add(f64x2.promote_low_f32x4(x), high));
}

// @ts-ignore: decorator
@unmanaged
class BinaryCrossEntropyGradient {
  logits: usize;
  targets: usize;
  gradient: usize;
  logitsGradient: usize;
  targetsGradient: usize;
  length: i32;
}

export function binaryCrossEntropyWithLogitsGradientBlocks(d: BinaryCrossEntropyGradient, phase: i32): i32 {
  return phase == 0 ? ceilDivide(d.length, CHUNK) : -1;
}

/** Either gradient may be absent. */
export function binaryCrossEntropyWithLogitsGradient(
  d: BinaryCrossEntropyGradient,
  phase: i32,
  block: i32,
  scratch: usize,
): void {
  const end = min(d.length, (block + 1) * CHUNK);
  const shares = f32x4.splat(load<f32>(d.gradient) / f32(d.length));
  const first = block * CHUNK;
  if (d.logitsGradient != 0) toLogits(d, first, end, shares);
  if (d.targetsGradient != 0) toTargets(d, first, end, shares);
}

function toLogits(d: BinaryCrossEntropyGradient, i: i32, end: i32, shares: v128): void {
  let x = d.logits + (i << 2);
  let target = d.targets + (i << 2);
  let y = d.logitsGradient + (i << 2);
  // As in lib/elementwise.ts, a cache line at a time.
  for (; i + 16 <= end; i += 16, x += 64, target += 64, y += 64) {
    const first = logitsShare(v128.load(x), v128.load(target), shares);
    const second = logitsShare(v128.load(x, 16), v128.load(target, 16), shares);
    const third = logitsShare(v128.load(x, 32), v128.load(target, 32), shares);
    const fourth = logitsShare(v128.load(x, 48), v128.load(target, 48), shares);
    v128.store(y, first);
    v128.store(y, second, 16);
    v128.store(y, third, 32);
    v128.store(y, fourth, 48);
  }
  for (; i < end; i += 4, x += 16, target += 16, y += 16) {
    // Loads may reach beyond a tensor.
    const share = logitsShare(v128.load(x), v128.load(target), shares);
    if (i + 4 <= end) v128.store(y, share);
    else storeTail(y, share, end - i);
  }
}

function toTargets(d: BinaryCrossEntropyGradient, i: i32, end: i32, shares: v128): void {
  let x = d.logits + (i << 2);
  let y = d.targetsGradient + (i << 2);
  const negated = f32x4.neg(shares);
  for (; i + 8 <= end; i += 8, x += 32, y += 32) {
    v128.store(y, f32x4.mul(v128.load(x), negated));
    v128.store(y, f32x4.mul(v128.load(x, 16), negated), 16);
  }
  for (; i < end; i++, x += 4, y += 4) store<f32>(y, load<f32>(x) * f32x4.extract_lane(negated, 0));
}

// @ts-ignore: decorator
@inline
function logitsShare(x: v128, target: v128, shares: v128): v128 {
  return f32x4.mul(f32x4.sub(sigmoid(x), target), shares);
}
