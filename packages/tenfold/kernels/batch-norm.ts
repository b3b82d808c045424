// Batch normalisation: statistics of parts of the rows, then of all (Chan, Golub and LeVeque 1983, equation 2.1), then
// the rows again.

import { align16, ceilDivide } from './lib/vector';

const MAX_PARTS: i32 = 64;
const MIN_ROWS: i32 = 64;

// @ts-ignore: decorator
@unmanaged
class BatchNorm {
  x: usize;
  weight: usize;
  bias: usize;
  runningMean: usize;
  runningVar: usize;
  y: usize;
  mean: usize;
  inverseDeviation: usize;
  rows: i32;
  channels: i32;
  training: i32;
  momentum: f32;
  eps: f32;
  workspace: usize;
}

function rowsPerPart(rows: i32): i32 {
  return max(MIN_ROWS, ceilDivide(rows, MAX_PARTS));
}

function partsOf(rows: i32): i32 {
  return ceilDivide(rows, rowsPerPart(rows));
}

// Two rows of channels for each part, then up to three for the results of phase 1.
function workspaceBytes(rows: i32, channels: i32): i32 {
  return align16((partsOf(rows) * 2 + 3) * channels * 4);
}

export function batchNormWorkspace(d: BatchNorm): i32 {
  return workspaceBytes(d.rows, d.channels);
}

export function batchNormBlocks(d: BatchNorm, phase: i32): i32 {
  if (phase == 0) return d.training ? partsOf(d.rows) : 0;
  if (phase == 1) return 1;
  return phase == 2 ? partsOf(d.rows) : -1;
}

export function batchNorm(d: BatchNorm, phase: i32, block: i32, scratch: usize): void {
  const perPart = rowsPerPart(d.rows);
  const first = block * perPart;
  const count = min(perPart, d.rows - first);
  if (phase == 0) partStatistics(d, d.x + first * d.channels * 4, count, d.workspace + block * 2 * d.channels * 4);
  else if (phase == 1) statistics(d);
  else normalise(d, first, count);
}

/** The mean of each channel over the part, then the sum of squared differences from it. */
function partStatistics(d: BatchNorm, x: usize, rows: i32, mean: usize): void {
  const bytes = d.channels << 2;
  const squares = mean + bytes;
  memory.fill(mean, 0, bytes * 2);
  for (let row = 0; row < rows; row++) {
    const from = x + row * bytes;
    let c = 0;
    for (; c + 16 <= bytes; c += 16) v128.store(mean + c, f32x4.add(v128.load(mean + c), v128.load(from + c)));
    for (; c < bytes; c += 4) store<f32>(mean + c, load<f32>(mean + c) + load<f32>(from + c));
  }
  for (let c = 0; c < bytes; c += 4) store<f32>(mean + c, load<f32>(mean + c) / f32(rows));
  for (let row = 0; row < rows; row++) {
    const from = x + row * bytes;
    let c = 0;
    for (; c + 16 <= bytes; c += 16) {
      const difference = f32x4.sub(v128.load(from + c), v128.load(mean + c));
      v128.store(squares + c, f32x4.add(v128.load(squares + c), f32x4.mul(difference, difference)));
    }
    for (; c < bytes; c += 4) {
      const difference = load<f32>(from + c) - load<f32>(mean + c);
      store<f32>(squares + c, load<f32>(squares + c) + difference * difference);
    }
  }
}

/** What is added to and taken from: y = (x - mean) * factor + bias. */
function factors(rows: i32, channels: i32, workspace: usize): usize {
  return workspace + partsOf(rows) * 2 * channels * 4;
}

function statistics(d: BatchNorm): void {
  const factor = factors(d.rows, d.channels, d.workspace);
  for (let c = 0; c < d.channels << 2; c += 4) {
    let mean = f64(load<f32>(d.runningMean + c));
    let variance = f64(load<f32>(d.runningVar + c));
    if (d.training && d.rows > 0) {
      mean = meanOfParts(d, c);
      const squares = squaresOfParts(d, c, mean);
      variance = squares / f64(d.rows);
      const momentum = f64(d.momentum);
      const unbiased = squares / f64(d.rows - 1);
      store<f32>(d.runningMean + c, f32((1 - momentum) * f64(load<f32>(d.runningMean + c)) + momentum * mean));
      store<f32>(d.runningVar + c, f32((1 - momentum) * f64(load<f32>(d.runningVar + c)) + momentum * unbiased));
    }
    const inverse = 1 / sqrt(variance + f64(d.eps));
    store<f32>(d.mean + c, f32(mean));
    store<f32>(d.inverseDeviation + c, f32(inverse));
    store<f32>(factor + c, f32(inverse * f64(load<f32>(d.weight + c))));
  }
}

function rowsOfPart(rows: i32, part: i32): i32 {
  return min(rowsPerPart(rows), rows - part * rowsPerPart(rows));
}

function meanOfParts(d: BatchNorm, c: usize): f64 {
  let total: f64 = 0;
  for (let part = 0, parts = partsOf(d.rows); part < parts; part++) {
    const mean = load<f32>(d.workspace + part * 2 * d.channels * 4 + c);
    total += f64(rowsOfPart(d.rows, part)) * f64(mean);
  }
  return total / f64(d.rows);
}

function squaresOfParts(d: BatchNorm, c: usize, mean: f64): f64 {
  let total: f64 = 0;
  for (let part = 0, parts = partsOf(d.rows); part < parts; part++) {
    const at = d.workspace + part * 2 * d.channels * 4 + c;
    const shift = f64(load<f32>(at)) - mean;
    total += f64(load<f32>(at + (d.channels << 2))) + f64(rowsOfPart(d.rows, part)) * shift * shift;
  }
  return total;
}

function normalise(d: BatchNorm, first: i32, rows: i32): void {
  const bytes = d.channels << 2;
  const factor = factors(d.rows, d.channels, d.workspace);
  for (let row = first; row < first + rows; row++) {
    const x = d.x + row * bytes;
    const y = d.y + row * bytes;
    let c = 0;
    for (; c + 16 <= bytes; c += 16) {
      const centred = f32x4.sub(v128.load(x + c), v128.load(d.mean + c));
      v128.store(y + c, f32x4.add(f32x4.mul(centred, v128.load(factor + c)), v128.load(d.bias + c)));
    }
    for (; c < bytes; c += 4) {
      const centred = load<f32>(x + c) - load<f32>(d.mean + c);
      store<f32>(y + c, centred * load<f32>(factor + c) + load<f32>(d.bias + c));
    }
  }
}

// @ts-ignore: decorator
@unmanaged
class BatchNormGradient {
  x: usize;
  weight: usize;
  mean: usize;
  inverseDeviation: usize;
  gradient: usize;
  xGradient: usize;
  weightGradient: usize;
  biasGradient: usize;
  rows: i32;
  channels: i32;
  training: i32;
  workspace: usize;
}

export function batchNormGradientWorkspace(d: BatchNormGradient): i32 {
  return workspaceBytes(d.rows, d.channels);
}

export function batchNormGradientBlocks(d: BatchNormGradient, phase: i32): i32 {
  if (phase == 1) return 1;
  return phase <= 2 ? partsOf(d.rows) : -1;
}

export function batchNormGradient(d: BatchNormGradient, phase: i32, block: i32, scratch: usize): void {
  const perPart = rowsPerPart(d.rows);
  const first = block * perPart;
  const count = min(perPart, d.rows - first);
  if (phase == 0) partGradients(d, first, count, d.workspace + block * 2 * d.channels * 4);
  else if (phase == 1) parameterGradients(d);
  else inputGradient(d, first, count);
}

/** For each channel the sums over the part of the gradient, and of the gradient times (x - mean). */
function partGradients(d: BatchNormGradient, first: i32, rows: i32, sums: usize): void {
  const bytes = d.channels << 2;
  const products = sums + bytes;
  memory.fill(sums, 0, bytes * 2);
  for (let row = first; row < first + rows; row++) {
    const x = d.x + row * bytes;
    const gradient = d.gradient + row * bytes;
    let c = 0;
    for (; c + 16 <= bytes; c += 16) {
      const g = v128.load(gradient + c);
      const centred = f32x4.sub(v128.load(x + c), v128.load(d.mean + c));
      v128.store(sums + c, f32x4.add(v128.load(sums + c), g));
      v128.store(products + c, f32x4.add(v128.load(products + c), f32x4.mul(g, centred)));
    }
    for (; c < bytes; c += 4) {
      const g = load<f32>(gradient + c);
      store<f32>(sums + c, load<f32>(sums + c) + g);
      store<f32>(products + c, load<f32>(products + c) + g * (load<f32>(x + c) - load<f32>(d.mean + c)));
    }
  }
}

/** Also leaves what `inputGradient` needs: gradient(x) = factor * (gradient(y) - shift - (x - mean) * slope). */
function parameterGradients(d: BatchNormGradient): void {
  const bytes = d.channels << 2;
  const factor = factors(d.rows, d.channels, d.workspace);
  const shift = factor + bytes;
  const slope = shift + bytes;
  for (let c = 0; c < bytes; c += 4) {
    let sum: f64 = 0;
    let product: f64 = 0;
    for (let part = 0, parts = partsOf(d.rows); part < parts; part++) {
      const at = d.workspace + part * 2 * bytes + c;
      sum += f64(load<f32>(at));
      product += f64(load<f32>(at + bytes));
    }
    const inverse = f64(load<f32>(d.inverseDeviation + c));
    store<f32>(d.biasGradient + c, f32(sum));
    store<f32>(d.weightGradient + c, f32(product * inverse));
    store<f32>(factor + c, f32(f64(load<f32>(d.weight + c)) * inverse));
    store<f32>(shift + c, d.training ? f32(sum / f64(d.rows)) : 0);
    store<f32>(slope + c, d.training ? f32((product * inverse * inverse) / f64(d.rows)) : 0);
  }
}

function inputGradient(d: BatchNormGradient, first: i32, rows: i32): void {
  const bytes = d.channels << 2;
  const factor = factors(d.rows, d.channels, d.workspace);
  const shift = factor + bytes;
  const slope = shift + bytes;
  for (let row = first; row < first + rows; row++) {
    const x = d.x + row * bytes;
    const gradient = d.gradient + row * bytes;
    const xGradient = d.xGradient + row * bytes;
    let c = 0;
    for (; c + 16 <= bytes; c += 16) {
      const centred = f32x4.sub(v128.load(x + c), v128.load(d.mean + c));
      const g = f32x4.sub(v128.load(gradient + c), v128.load(shift + c));
      const rest = f32x4.sub(g, f32x4.mul(centred, v128.load(slope + c)));
      v128.store(xGradient + c, f32x4.mul(rest, v128.load(factor + c)));
    }
    for (; c < bytes; c += 4) {
      const centred = load<f32>(x + c) - load<f32>(d.mean + c);
      const rest = load<f32>(gradient + c) - load<f32>(shift + c) - centred * load<f32>(slope + c);
      store<f32>(xGradient + c, rest * load<f32>(factor + c));
    }
  }
}
