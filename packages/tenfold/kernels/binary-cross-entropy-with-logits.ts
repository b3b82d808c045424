import { exp, log } from './lib/elementary';
import { CHUNK, ceilDivide } from './lib/vector';

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
  let total: f64 = 0;
  for (let start = first; start < end; start += FACTORS) {
    const stop = min(end, start + FACTORS);
    let product: f64 = 1;
    let i = start;
    for (; i + 4 <= stop; i += 4) {
      const e = exp(f32x4.neg(f32x4.abs(v128.load(d.logits + (i << 2)))));
      const low = f64x2.add(f64x2.promote_low_f32x4(e), f64x2.splat(1));
      const high = f64x2.add(
        f64x2.promote_low_f32x4(v128.shuffle<i32>(e, e, 2, 3, 2, 3)),
        f64x2.splat(1),
      );
      const products = f64x2.mul(low, high);
      product *= f64x2.extract_lane(products, 0) * f64x2.extract_lane(products, 1);
      for (let lane = i; lane < i + 4; lane++) total += linearLoss(d, lane);
    }
    for (; i < stop; i++) {
      const e = exp(f32x4.splat(-abs(load<f32>(d.logits + (i << 2)))));
      product *= 1 + f64(f32x4.extract_lane(e, 0));
      total += linearLoss(d, i);
    }
    total += log(product);
  }
  return total;
}

// @ts-ignore: decorator
@inline
function linearLoss(d: BinaryCrossEntropy, i: i32): f64 {
  const x = f64(load<f32>(d.logits + (i << 2)));
  return max<f64>(x, 0) - x * f64(load<f32>(d.targets + (i << 2)));
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
  const share: f32 = load<f32>(d.gradient) / f32(d.length);
  for (let i = block * CHUNK; i < end; i += 4) {
    const count = min(4, end - i);
    if (d.logitsGradient != 0) {
      const difference = f32x4.sub(sigmoid(loadSome(d.logits + (i << 2), count)), loadSome(d.targets + (i << 2), count));
      storeSome(d.logitsGradient + (i << 2), f32x4.mul(difference, f32x4.splat(share)), count);
    }
    if (d.targetsGradient != 0) {
      const x = loadSome(d.logits + (i << 2), count);
      storeSome(d.targetsGradient + (i << 2), f32x4.mul(x, f32x4.splat(-share)), count);
    }
  }
}

/** 1 / (1 + e) or e / (1 + e) with e = exp(-|x|), whichever is that of x. */
// @ts-ignore: decorator
@inline
function sigmoid(x: v128): v128 {
  const e = exp(f32x4.neg(f32x4.abs(x)));
  const negative = f32x4.lt(x, f32x4.splat(0));
  const numerator = v128.bitselect(e, f32x4.splat(1), negative);
  return f32x4.div(numerator, f32x4.add(f32x4.splat(1), e));
}

function loadSome(from: usize, count: i32): v128 {
  if (count == 4) return v128.load(from);
  let lanes = f32x4.splat(0);
  lanes = f32x4.replace_lane(lanes, 0, load<f32>(from));
  if (count > 1) lanes = f32x4.replace_lane(lanes, 1, load<f32>(from, 4));
  if (count > 2) lanes = f32x4.replace_lane(lanes, 2, load<f32>(from, 8));
  return lanes;
}

function storeSome(to: usize, lanes: v128, count: i32): void {
  if (count == 4) {
    v128.store(to, lanes);
    return;
  }
  store<f32>(to, f32x4.extract_lane(lanes, 0));
  if (count > 1) store<f32>(to, f32x4.extract_lane(lanes, 1), 4);
  if (count > 2) store<f32>(to, f32x4.extract_lane(lanes, 2), 8);
}
