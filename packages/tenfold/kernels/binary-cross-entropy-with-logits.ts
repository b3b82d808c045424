import { expOfNegative, log64, negativeMagnitude, sigmoid } from './lib/elementary';
import { CHUNK, ceilDivide, loadTail, storeTail } from './lib/vector';

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

/** So many factors 1 + exp(-|x|), each from 1 to 2, are multiplied before their logarithm is taken; a multiple of 4. */
const FACTORS: i32 = 512;

/** The sum of max(x, 0) - x t + log(1 + exp(-|x|)). NaN of x or t comes through the first two terms. */
function sumOfLosses(d: BinaryCrossEntropy, first: i32, end: i32): f64 {
  let sums = f64x2.splat(0);
  for (let start = first; start < end; start += FACTORS) {
    const stop = min(end, start + FACTORS);
    let products = f64x2.splat(1);
    let i = start;
    // Two at a time, so that their exponentials need not wait for each other.
    for (; i + 8 <= stop; i += 8) {
      const x = v128.load(d.logits + (i << 2));
      const nextX = v128.load(d.logits + (i << 2), 16);
      const e = expOfNegative(negativeMagnitude(x));
      const nextE = expOfNegative(negativeMagnitude(nextX));
      products = f64x2.mul(products, factors(e));
      products = f64x2.mul(products, factors(nextE));
      sums = f64x2.add(sums, linearLosses(x, v128.load(d.targets + (i << 2))));
      sums = f64x2.add(sums, linearLosses(nextX, v128.load(d.targets + (i << 2), 16)));
    }
    for (; i + 4 <= stop; i += 4) {
      const x = v128.load(d.logits + (i << 2));
      products = f64x2.mul(products, factors(expOfNegative(negativeMagnitude(x))));
      sums = f64x2.add(sums, linearLosses(x, v128.load(d.targets + (i << 2))));
    }
    for (; i < stop; i++) {
      const x = load<f32>(d.logits + (i << 2));
      // exp(-infinity) leaves the factor of the other lane alone.
      const e = expOfNegative(f32x4.replace_lane(f32x4.splat(-Infinity), 0, -abs(x)));
      products = f64x2.mul(products, onePlus(e));
      const loss = linearLoss(v128.load32_zero(d.logits + (i << 2)), v128.load32_zero(d.targets + (i << 2)));
      sums = f64x2.add(sums, loss);
    }
    sums = f64x2.add(sums, log64(products));
  }
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
}

// @ts-ignore: decorator
@inline
function highHalf(v: v128): v128 {
  return v128.shuffle<i64>(v, v, 1, 1);
}

// @ts-ignore: decorator
@inline
function factors(e: v128): v128 {
  return f64x2.mul(onePlus(e), onePlus(highHalf(e)));
}

// @ts-ignore: decorator
@inline
function linearLosses(x: v128, target: v128): v128 {
  return f64x2.add(linearLoss(x, target), linearLoss(highHalf(x), highHalf(target)));
}

// @ts-ignore: decorator
@inline
function onePlus(e: v128): v128 {
  return f64x2.add(f64x2.splat(1), f64x2.promote_low_f32x4(e));
}

/** max(x, 0) - x t of the first two lanes, in float64. */
// @ts-ignore: decorator
@inline
function linearLoss(x: v128, target: v128): v128 {
  const wide = f64x2.promote_low_f32x4(x);
  return f64x2.sub(f64x2.pmax(wide, f64x2.splat(0)), f64x2.mul(wide, f64x2.promote_low_f32x4(target)));
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
  for (; i + 4 <= end; i += 4, x += 16, target += 16, y += 16) {
    v128.store(y, logitsShare(v128.load(x), v128.load(target), shares));
  }
  const rest = end - i;
  if (rest > 0) storeTail(y, logitsShare(loadTail(x, rest), loadTail(target, rest), shares), rest);
}

function toTargets(d: BinaryCrossEntropyGradient, i: i32, end: i32, shares: v128): void {
  for (; i + 4 <= end; i += 4) {
    v128.store(d.targetsGradient + (i << 2), f32x4.mul(f32x4.neg(v128.load(d.logits + (i << 2))), shares));
  }
  const rest = end - i;
  if (rest == 0) return;
  storeTail(d.targetsGradient + (i << 2), f32x4.mul(f32x4.neg(loadTail(d.logits + (i << 2), rest)), shares), rest);
}

// @ts-ignore: decorator
@inline
function logitsShare(x: v128, target: v128, shares: v128): v128 {
  return f32x4.mul(f32x4.sub(sigmoid(x), target), shares);
}
