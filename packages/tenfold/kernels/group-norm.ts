// Group normalisation: statistics of each channel of each image, joined to those of its group, then the pixels again;
// lib/channel-rows.ts has the loops.

import { NONE } from './lib/activation';
import {
  inputGradients,
  meanOfParts,
  normaliseRows,
  partBytes,
  partGradients,
  partStatistics,
  partsOf,
  rowsOfPart,
  rowsPerPart,
  squaresOfParts,
  sumOfParts,
} from './lib/channel-rows';
import { align16, ceilDivide } from './lib/vector';

/** About so many parts in all images together. */
const PARTS: i32 = 64;
/** Channels in a block of sums over images. */
const CHANNELS: i32 = 64;

// @ts-ignore: decorator
@unmanaged
class GroupNormSizes {
  batch: i32;
  pixels: i32;
  channels: i32;
  groups: i32;
  workspace: usize;
}

/** Into how many parts the pixels of an image may be divided. */
function maxParts(d: GroupNormSizes): i32 {
  return ceilDivide(PARTS, max(1, d.batch));
}

function partsOfImage(d: GroupNormSizes): i32 {
  return partsOf(d.pixels, maxParts(d));
}

/** What the parts leave. */
function partAt(d: GroupNormSizes, image: i32, part: i32): usize {
  return d.workspace + (image * partsOfImage(d) + part) * partBytes(d.channels);
}

/** What is joined from the parts of an image: `rows` rows of channels. */
function joinedAt(d: GroupNormSizes, image: i32, rows: i32): usize {
  return partAt(d, d.batch, 0) + image * rows * d.channels * 4;
}

function workspaceBytes(d: GroupNormSizes, joinedRows: i32): i32 {
  return align16(d.batch * (partsOfImage(d) * partBytes(d.channels) + joinedRows * d.channels * 4));
}

// @ts-ignore: decorator
@unmanaged
class GroupNorm extends GroupNormSizes {
  x: usize;
  weight: usize;
  bias: usize;
  y: usize;
  mean: usize;
  inverseDeviation: usize;
  eps: f32;
}

export function groupNormWorkspace(d: GroupNorm): i32 {
  return workspaceBytes(d, 1);
}

export function groupNormBlocks(d: GroupNorm, phase: i32): i32 {
  if (phase == 1) return d.batch;
  return phase <= 2 ? d.batch * partsOfImage(d) : -1;
}

export function groupNorm(d: GroupNorm, phase: i32, block: i32, scratch: usize): void {
  if (phase == 1) return statistics(d, block);
  const parts = partsOfImage(d);
  const image = block / parts;
  const part = block - image * parts;
  const offset = (image * d.pixels + part * rowsPerPart(d.pixels, maxParts(d))) * d.channels * 4;
  const rows = rowsOfPart(d.pixels, maxParts(d), part);
  if (phase == 0) {
    partStatistics(d.x + offset, rows, d.channels, partAt(d, image, part));
  } else {
    const mean = d.mean + image * d.channels * 4;
    const factor = joinedAt(d, image, 1);
    normaliseRows(d.x + offset, rows, d.channels, d.channels << 2, mean, factor, d.bias, 0, NONE, d.y + offset);
  }
}

/** Of one image; leaves what is multiplied with: y = (x - mean) * factor + bias. */
function statistics(d: GroupNorm, image: i32): void {
  const size = d.channels / d.groups;
  const parts = partAt(d, image, 0);
  const factor = joinedAt(d, image, 1);
  const row = image * d.channels * 4;
  for (let first = 0; first < d.channels; first += size) {
    let mean: f64 = 0;
    let squares: f64 = 0;
    if (d.pixels > 0) {
      for (let c = first; c < first + size; c++) mean += meanOfParts(parts, d.pixels, maxParts(d), d.channels, c);
      mean /= f64(size);
      for (let c = first; c < first + size; c++) {
        squares += squaresOfParts(parts, d.pixels, maxParts(d), d.channels, c, mean);
      }
      squares /= f64(d.pixels) * f64(size);
    }
    const inverse = 1 / sqrt(squares + f64(d.eps));
    for (let c = first << 2; c < first + size << 2; c += 4) {
      store<f32>(d.mean + row + c, f32(mean));
      store<f32>(d.inverseDeviation + row + c, f32(inverse));
      store<f32>(factor + c, f32(d.weight ? inverse * f64(load<f32>(d.weight + c)) : inverse));
    }
  }
}

// @ts-ignore: decorator
@unmanaged
class GroupNormGradient extends GroupNormSizes {
  x: usize;
  weight: usize;
  mean: usize;
  inverseDeviation: usize;
  gradient: usize;
  xGradient: usize;
  weightGradient: usize;
  biasGradient: usize;
}

/** Rows of an image: its share in the gradients of bias and weight, shift and slope. */
const JOINED: i32 = 4;

export function groupNormGradientWorkspace(d: GroupNormGradient): i32 {
  return workspaceBytes(d, JOINED);
}

export function groupNormGradientBlocks(d: GroupNormGradient, phase: i32): i32 {
  if (phase == 1) return d.batch;
  if (phase == 3) return ceilDivide(d.channels, CHANNELS);
  return phase <= 2 ? d.batch * partsOfImage(d) : -1;
}

export function groupNormGradient(d: GroupNormGradient, phase: i32, block: i32, scratch: usize): void {
  if (phase == 1) return joinParts(d, block);
  if (phase == 3) return joinImages(d, block);
  const parts = partsOfImage(d);
  const image = block / parts;
  const part = block - image * parts;
  const bytes = d.channels << 2;
  const offset = (image * d.pixels + part * rowsPerPart(d.pixels, maxParts(d))) * bytes;
  const rows = rowsOfPart(d.pixels, maxParts(d), part);
  const x = d.x + offset;
  const gradient = d.gradient + offset;
  const mean = d.mean + image * bytes;
  if (phase == 0) {
    const sums = partAt(d, image, part);
    memory.fill(sums, 0, 2 * bytes);
    partGradients(x, gradient, rows, d.channels, mean, sums);
  } else {
    const shift = joinedAt(d, image, JOINED) + 2 * bytes;
    const factor = d.inverseDeviation + image * bytes;
    const xGradient = d.xGradient + offset;
    inputGradients(x, gradient, rows, d.channels, mean, d.weight, shift, shift + bytes, factor, xGradient);
  }
}

function joinParts(d: GroupNormGradient, image: i32): void {
  const size = d.channels / d.groups;
  const bytes = d.channels << 2;
  const parts = partsOfImage(d);
  const sums = joinedAt(d, image, JOINED);
  const products = sums + bytes;
  const shift = products + bytes;
  const slope = shift + bytes;
  const inverses = d.inverseDeviation + image * bytes;
  const count = f64(d.pixels) * f64(size);
  for (let first = 0; first < d.channels; first += size) {
    const inverse = f64(load<f32>(inverses + (first << 2)));
    let weightedSum: f64 = 0;
    let weightedProduct: f64 = 0;
    for (let channel = first; channel < first + size; channel++) {
      const c = channel << 2;
      const sum = sumOfParts(partAt(d, image, 0), parts, d.channels, channel);
      const product = sumOfParts(partAt(d, image, 0) + bytes, parts, d.channels, channel) * inverse;
      const weight: f64 = d.weight ? f64(load<f32>(d.weight + c)) : 1;
      store<f32>(sums + c, f32(sum));
      store<f32>(products + c, f32(product));
      weightedSum += weight * sum;
      weightedProduct += weight * product;
    }
    for (let c = first << 2; c < first + size << 2; c += 4) {
      store<f32>(shift + c, f32(weightedSum / count));
      store<f32>(slope + c, f32((weightedProduct * inverse) / count));
    }
  }
}

function joinImages(d: GroupNormGradient, block: i32): void {
  const bytes = d.channels << 2;
  const end = min(d.channels, (block + 1) * CHANNELS) << 2;
  for (let c = block * CHANNELS << 2; c < end; c += 4) {
    let sum: f64 = 0;
    let product: f64 = 0;
    for (let image = 0; image < d.batch; image++) {
      const at = joinedAt(d, image, JOINED) + c;
      sum += f64(load<f32>(at));
      product += f64(load<f32>(at + bytes));
    }
    store<f32>(d.biasGradient + c, f32(sum));
    store<f32>(d.weightGradient + c, f32(product));
  }
}
