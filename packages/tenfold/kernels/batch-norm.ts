// Batch normalisation with what follows it, a residual connection and an activation: statistics of all rows, then the rows
// again; lib/channel-rows.ts has the loops.

import { NONE } from './lib/activation';
import {
  inputGradients,
  meanOfParts,
  normaliseRows,
  partBytes,
  partGradients,
  partGradientsThrough,
  partStatistics,
  partsOf,
  rowsOfPart,
  rowsPerPart,
  squaresOfParts,
  sumOfParts,
} from './lib/channel-rows';
import { align16 } from './lib/vector';

const MAX_PARTS: i32 = 64;

// @ts-ignore: decorator
@unmanaged
class BatchNorm {
  x: usize;
  weight: usize;
  bias: usize;
  runningMean: usize;
  runningVar: usize;
  residual: usize;
  y: usize;
  mean: usize;
  inverseDeviation: usize;
  rows: i32;
  channels: i32;
  training: i32;
  momentum: f32;
  eps: f32;
  activation: i32;
  workspace: usize;
}

/** What the parts leave, then up to three rows of channels that follow from it. */
function workspaceBytes(rows: i32, channels: i32): i32 {
  return align16(partsOf(rows, MAX_PARTS) * partBytes(channels) + 3 * (channels << 2));
}

/** What the parts leave. */
function partAt(workspace: usize, channels: i32, part: i32): usize {
  return workspace + part * partBytes(channels);
}

/** What follows from what they leave. */
function factorsAt(workspace: usize, rows: i32, channels: i32): usize {
  return partAt(workspace, channels, partsOf(rows, MAX_PARTS));
}

export function batchNormWorkspace(d: BatchNorm): i32 {
  return workspaceBytes(d.rows, d.channels);
}

export function batchNormBlocks(d: BatchNorm, phase: i32): i32 {
  if (phase == 0) return d.training ? partsOf(d.rows, MAX_PARTS) : 0;
  if (phase == 1) return 1;
  return phase == 2 ? partsOf(d.rows, MAX_PARTS) : -1;
}

export function batchNorm(d: BatchNorm, phase: i32, block: i32, scratch: usize): void {
  if (phase == 1) return statistics(d);
  const offset = block * rowsPerPart(d.rows, MAX_PARTS) * d.channels * 4;
  const rows = rowsOfPart(d.rows, MAX_PARTS, block);
  if (phase == 0) {
    partStatistics(d.x + offset, rows, d.channels, partAt(d.workspace, d.channels, block));
  } else {
    const factor = factorsAt(d.workspace, d.rows, d.channels);
    const residual = d.residual ? d.residual + offset : 0;
    normaliseRows(
      d.x + offset,
      rows,
      d.channels,
      d.channels << 2,
      d.mean,
      factor,
      d.bias,
      residual,
      d.activation,
      d.y + offset,
    );
  }
}

/** What is added to and taken from: y = (x - mean) * factor + bias. */
function statistics(d: BatchNorm): void {
  const factor = factorsAt(d.workspace, d.rows, d.channels);
  for (let channel = 0; channel < d.channels; channel++) {
    const c = channel << 2;
    let mean = f64(load<f32>(d.runningMean + c));
    let variance = f64(load<f32>(d.runningVar + c));
    if (d.training && d.rows > 0) {
      mean = meanOfParts(d.workspace, d.rows, MAX_PARTS, d.channels, channel);
      const squares = squaresOfParts(d.workspace, d.rows, MAX_PARTS, d.channels, channel, mean);
      variance = squares / f64(d.rows);
      const momentum = f64(d.momentum);
      const unbiased = squares / f64(d.rows - 1);
      store<f32>(d.runningMean + c, f32((1 - momentum) * f64(load<f32>(d.runningMean + c)) + momentum * mean));
      store<f32>(d.runningVar + c, f32((1 - momentum) * f64(load<f32>(d.runningVar + c)) + momentum * unbiased));
    }
    store<f32>(d.mean + c, f32(mean));
    store<f32>(d.inverseDeviation + c, inverseDeviation(variance, d.eps));
  }
  factors(d.weight, d.inverseDeviation, d.channels, factor);
}

// @ts-ignore: decorator
@inline
function inverseDeviation(variance: f64, eps: f32): f32 {
  return f32(1 / sqrt(variance + f64(eps)));
}

function factors(weight: usize, inverseDeviation: usize, channels: i32, factor: usize): void {
  for (let c = 0; c < channels << 2; c += 4) {
    store<f32>(factor + c, load<f32>(weight + c) * load<f32>(inverseDeviation + c));
  }
}

// @ts-ignore: decorator
@unmanaged
class BatchNormGradient {
  x: usize;
  weight: usize;
  bias: usize;
  mean: usize;
  inverseDeviation: usize;
  /** As `partGradientsThrough` asks for them. */
  y: usize;
  residual: usize;
  gradient: usize;
  /** The gradient before the activation, where there is one: that of the residual, or the place for that of x. */
  inner: usize;
  xGradient: usize;
  weightGradient: usize;
  biasGradient: usize;
  rows: i32;
  channels: i32;
  training: i32;
  activation: i32;
  workspace: usize;
}

export function batchNormGradientWorkspace(d: BatchNormGradient): i32 {
  return workspaceBytes(d.rows, d.channels);
}

export function batchNormGradientBlocks(d: BatchNormGradient, phase: i32): i32 {
  if (phase == 0 || phase == 2) return 1;
  return phase <= 3 ? partsOf(d.rows, MAX_PARTS) : -1;
}

export function batchNormGradient(d: BatchNormGradient, phase: i32, block: i32, scratch: usize): void {
  const factor = factorsAt(d.workspace, d.rows, d.channels);
  if (phase == 0) factors(d.weight, d.inverseDeviation, d.channels, factor);
  else if (phase == 1) sumPart(d, block);
  else if (phase == 2) parameterGradients(d);
  else {
    const offset = block * rowsPerPart(d.rows, MAX_PARTS) * d.channels * 4;
    const rows = rowsOfPart(d.rows, MAX_PARTS, block);
    const inner = (d.activation == NONE ? d.gradient : d.inner) + offset;
    const shift = factor + (d.channels << 2);
    const slope = shift + (d.channels << 2);
    inputGradients(d.x + offset, inner, rows, d.channels, d.mean, 0, shift, slope, factor, d.xGradient + offset);
  }
}

function sumPart(d: BatchNormGradient, block: i32): void {
  const offset = block * rowsPerPart(d.rows, MAX_PARTS) * d.channels * 4;
  const rows = rowsOfPart(d.rows, MAX_PARTS, block);
  const sums = partAt(d.workspace, d.channels, block);
  const x = d.x + offset;
  const gradient = d.gradient + offset;
  memory.fill(sums, 0, d.channels << 3);
  if (d.activation == NONE) return partGradients(x, gradient, rows, d.channels, d.mean, sums);
  partGradientsThrough(
    d.activation,
    x,
    gradient,
    rows,
    d.channels,
    d.mean,
    factorsAt(d.workspace, d.rows, d.channels),
    d.bias,
    d.y ? d.y + offset : 0,
    d.residual ? d.residual + offset : 0,
    d.inner + offset,
    sums,
  );
}

/** Also leaves what the input's gradient needs beside the factor: shift and slope. */
function parameterGradients(d: BatchNormGradient): void {
  const bytes = d.channels << 2;
  const parts = partsOf(d.rows, MAX_PARTS);
  const shift = factorsAt(d.workspace, d.rows, d.channels) + bytes;
  const slope = shift + bytes;
  for (let channel = 0; channel < d.channels; channel++) {
    const c = channel << 2;
    const sum = sumOfParts(d.workspace, parts, d.channels, channel);
    const product = sumOfParts(d.workspace + bytes, parts, d.channels, channel);
    const inverse = f64(load<f32>(d.inverseDeviation + c));
    store<f32>(d.biasGradient + c, f32(sum));
    store<f32>(d.weightGradient + c, f32(product * inverse));
    store<f32>(shift + c, d.training ? f32(sum / f64(d.rows)) : 0);
    store<f32>(slope + c, d.training ? f32((product * inverse * inverse) / f64(d.rows)) : 0);
  }
}

// --- normalisation by given statistics, as other kernels do it along with their own work ---

// @ts-ignore: decorator
@unmanaged
class BatchNormFactors {
  weight: usize;
  runningVar: usize;
  /** weight / sqrt(runningVar + eps), as `batchNorm` has it. */
  factor: usize;
  channels: i32;
  eps: f32;
}

export function batchNormFactorsBlocks(d: BatchNormFactors, phase: i32): i32 {
  return phase == 0 ? 1 : -1;
}

export function batchNormFactors(d: BatchNormFactors, phase: i32, block: i32, scratch: usize): void {
  for (let c = 0; c < d.channels << 2; c += 4) {
    store<f32>(d.factor + c, load<f32>(d.weight + c) * inverseDeviation(f64(load<f32>(d.runningVar + c)), d.eps));
  }
}
