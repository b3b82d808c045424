// Batch normalisation: statistics of all rows, then the rows again; lib/channel-rows.ts has the loops.

import {
  inputGradients,
  meanOfParts,
  normaliseRows,
  partGradients,
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

/** Two rows of channels for each part, then up to three for the results of phase 1. */
function workspaceBytes(rows: i32, channels: i32): i32 {
  return align16((partsOf(rows, MAX_PARTS) * 2 + 3) * channels * 4);
}

/** What the parts leave. */
function partAt(workspace: usize, channels: i32, part: i32): usize {
  return workspace + part * 2 * channels * 4;
}

/** The results of phase 1. */
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
    normaliseRows(d.x + offset, rows, d.channels, d.mean, factor, d.bias, d.y + offset);
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
    const inverse = 1 / sqrt(variance + f64(d.eps));
    store<f32>(d.mean + c, f32(mean));
    store<f32>(d.inverseDeviation + c, f32(inverse));
    store<f32>(factor + c, f32(inverse * f64(load<f32>(d.weight + c))));
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
  return phase <= 2 ? partsOf(d.rows, MAX_PARTS) : -1;
}

export function batchNormGradient(d: BatchNormGradient, phase: i32, block: i32, scratch: usize): void {
  if (phase == 1) return parameterGradients(d);
  const offset = block * rowsPerPart(d.rows, MAX_PARTS) * d.channels * 4;
  const rows = rowsOfPart(d.rows, MAX_PARTS, block);
  const x = d.x + offset;
  const gradient = d.gradient + offset;
  if (phase == 0) {
    partGradients(x, gradient, rows, d.channels, d.mean, partAt(d.workspace, d.channels, block));
  } else {
    const factor = factorsAt(d.workspace, d.rows, d.channels);
    const shift = factor + (d.channels << 2);
    const slope = shift + (d.channels << 2);
    inputGradients(x, gradient, rows, d.channels, d.mean, 0, shift, slope, factor, d.xGradient + offset);
  }
}

/** Also leaves what the input's gradient needs: factor, shift and slope. */
function parameterGradients(d: BatchNormGradient): void {
  const bytes = d.channels << 2;
  const parts = partsOf(d.rows, MAX_PARTS);
  const factor = factorsAt(d.workspace, d.rows, d.channels);
  const shift = factor + bytes;
  const slope = shift + bytes;
  for (let channel = 0; channel < d.channels; channel++) {
    const c = channel << 2;
    const sum = sumOfParts(d.workspace, parts, d.channels, channel);
    const product = sumOfParts(d.workspace + bytes, parts, d.channels, channel);
    const inverse = f64(load<f32>(d.inverseDeviation + c));
    store<f32>(d.biasGradient + c, f32(sum));
    store<f32>(d.weightGradient + c, f32(product * inverse));
    store<f32>(factor + c, f32(f64(load<f32>(d.weight + c)) * inverse));
    store<f32>(shift + c, d.training ? f32(sum / f64(d.rows)) : 0);
    store<f32>(slope + c, d.training ? f32((product * inverse * inverse) / f64(d.rows)) : 0);
  }
}
