import { log64 } from './lib/elementary';
import { exponentials, normalise, rowMaximum, rowsPerBlock } from './lib/softmax-row';
import { align16, ceilDivide } from './lib/vector';

// @ts-ignore: decorator
@unmanaged
class CrossEntropy {
  logits: usize;
  labels: usize;
  loss: usize;
  rows: i32;
  classes: i32;
  labelSmoothing: f32;
  workspace: usize;
}

export function crossEntropyWorkspace(d: CrossEntropy): i32 {
  return align16(d.rows * 8);
}

export function crossEntropyScratch(d: CrossEntropy): i32 {
  return d.classes * 4;
}

// The scratch is known from phase 1 on; phase 0 has nothing to do.
export function crossEntropyBlocks(d: CrossEntropy, phase: i32): i32 {
  if (phase == 0) return 0;
  if (phase == 1) return ceilDivide(d.rows, rowsPerBlock(d.classes));
  return phase == 2 ? 1 : -1;
}

export function crossEntropy(d: CrossEntropy, phase: i32, block: i32, scratch: usize): void {
  if (phase == 1) {
    const perBlock = rowsPerBlock(d.classes);
    const end = min(d.rows, (block + 1) * perBlock);
    for (let row = block * perBlock; row < end; row++) {
      store<f64>(d.workspace + (row << 3), rowLoss(d, row, scratch));
    }
    return;
  }
  let total: f64 = 0;
  for (let row = 0; row < d.rows; row++) total += load<f64>(d.workspace + (row << 3));
  store<f32>(d.loss, f32(total / f64(d.rows)));
}

/** log(sum of exp(x)) - sum of target * x, in float64 after the exponentials; NaN for a label that is no class. */
function rowLoss(d: CrossEntropy, row: i32, scratch: usize): f64 {
  const label = load<i32>(d.labels + (row << 2));
  if (u32(label) >= u32(d.classes)) return NaN;
  const x = d.logits + row * d.classes * 4;
  const largest = rowMaximum(x, d.classes);
  const total = exponentials(x, d.classes, largest, scratch);
  if (!(total < f32.MAX_VALUE)) return NaN;
  const smoothing = f64(d.labelSmoothing);
  let expected = (1 - smoothing) * (f64(load<f32>(x + (label << 2))) - f64(largest));
  if (smoothing > 0) {
    let sum: f64 = 0;
    for (let k = 0; k < d.classes; k++) sum += f64(load<f32>(x + (k << 2))) - f64(largest);
    expected += (smoothing / f64(d.classes)) * sum;
  }
  return f64x2.extract_lane(log64(f64x2.splat(f64(total))), 0) - expected;
}

// @ts-ignore: decorator
@unmanaged
class CrossEntropyGradient {
  logits: usize;
  labels: usize;
  gradient: usize;
  logitsGradient: usize;
  rows: i32;
  classes: i32;
  labelSmoothing: f32;
}

export function crossEntropyGradientBlocks(d: CrossEntropyGradient, phase: i32): i32 {
  return phase == 0 ? ceilDivide(d.rows, rowsPerBlock(d.classes)) : -1;
}

export function crossEntropyGradient(d: CrossEntropyGradient, phase: i32, block: i32, scratch: usize): void {
  const perBlock = rowsPerBlock(d.classes);
  const end = min(d.rows, (block + 1) * perBlock);
  const scale = load<f32>(d.gradient) / f32(d.rows);
  const everywhere = d.labelSmoothing / f32(d.classes);
  const atLabel: f32 = 1 - d.labelSmoothing + everywhere;
  for (let row = block * perBlock; row < end; row++) {
    const label = load<i32>(d.labels + (row << 2));
    const x = d.logits + row * d.classes * 4;
    const y = d.logitsGradient + row * d.classes * 4;
    const total = exponentials(x, d.classes, rowMaximum(x, d.classes), y);
    const isClass = u32(label) < u32(d.classes);
    const expected: f32 = isClass ? load<f32>(y + (label << 2)) / total : 0;
    normalise(y, d.classes, total, everywhere, scale);
    if (isClass) store<f32>(y + (label << 2), (expected - atLabel) * scale);
  }
}
