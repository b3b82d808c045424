// Layer normalisation: each row by itself; the gradients of weight and bias are partial sums over parts of the rows, then
// their sum in order.

import { align16, ceilDivide, firstLanes, lanesSum, loadTail, rowsPerChunk, storeTail } from './lib/vector';

const MAX_PARTS: i32 = 16;
/** So many bytes of a row are summed in single precision before double takes over. */
const SPAN: i32 = 4096;
/** Elements in a block of sums over parts. */
const COLUMNS: i32 = 256;

// @ts-ignore: decorator
@unmanaged
class LayerNorm {
  x: usize;
  weight: usize;
  bias: usize;
  y: usize;
  mean: usize;
  inverseDeviation: usize;
  rows: i32;
  length: i32;
  eps: f32;
}

export function layerNormBlocks(d: LayerNorm, phase: i32): i32 {
  return phase == 0 ? ceilDivide(d.rows, rowsPerChunk(d.length)) : -1;
}

export function layerNorm(d: LayerNorm, phase: i32, block: i32, scratch: usize): void {
  const perBlock = rowsPerChunk(d.length);
  const end = min(d.rows, (block + 1) * perBlock);
  for (let row = block * perBlock; row < end; row++) {
    const offset = row * d.length * 4;
    const mean = f32(rowSum(d.x + offset, d.length) / f64(d.length));
    const variance = squaredDifferences(d.x + offset, d.length, mean) / f64(d.length);
    const inverse = f32(1 / sqrt(variance + f64(d.eps)));
    store<f32>(d.mean + (row << 2), mean);
    store<f32>(d.inverseDeviation + (row << 2), inverse);
    normalise(d, offset, f32x4.splat(mean), f32x4.splat(inverse));
  }
}

/** Four vectors at once, because each addition waits for the one before. */
function rowSum(x: usize, length: i32): f64 {
  let total: f64 = 0;
  const rest = length & 3;
  const vectorsEnd = x + ((length - rest) << 2);
  while (x < vectorsEnd) {
    let a = f32x4.splat(0);
    let b = a;
    let c = a;
    let e = a;
    const end = min(vectorsEnd, x + SPAN);
    for (; x + 64 <= end; x += 64) {
      a = f32x4.add(a, v128.load(x));
      b = f32x4.add(b, v128.load(x, 16));
      c = f32x4.add(c, v128.load(x, 32));
      e = f32x4.add(e, v128.load(x, 48));
    }
    for (; x < end; x += 16) a = f32x4.add(a, v128.load(x));
    total += f64(lanesSum(f32x4.add(f32x4.add(a, b), f32x4.add(c, e))));
  }
  return rest ? total + f64(lanesSum(loadTail(x, rest))) : total;
}

// @ts-ignore: decorator
@inline
function addSquare(total: v128, x: v128): v128 {
  return f32x4.add(total, f32x4.mul(x, x));
}

function squaredDifferences(x: usize, length: i32, mean: f32): f64 {
  const means = f32x4.splat(mean);
  let total: f64 = 0;
  const rest = length & 3;
  const vectorsEnd = x + ((length - rest) << 2);
  while (x < vectorsEnd) {
    let a = f32x4.splat(0);
    let b = a;
    let c = a;
    let e = a;
    const end = min(vectorsEnd, x + SPAN);
    for (; x + 64 <= end; x += 64) {
      a = addSquare(a, f32x4.sub(v128.load(x), means));
      b = addSquare(b, f32x4.sub(v128.load(x, 16), means));
      c = addSquare(c, f32x4.sub(v128.load(x, 32), means));
      e = addSquare(e, f32x4.sub(v128.load(x, 48), means));
    }
    for (; x < end; x += 16) a = addSquare(a, f32x4.sub(v128.load(x), means));
    total += f64(lanesSum(f32x4.add(f32x4.add(a, b), f32x4.add(c, e))));
  }
  if (rest == 0) return total;
  const difference = firstLanes(f32x4.sub(loadTail(x, rest), means), rest);
  return total + f64(lanesSum(f32x4.mul(difference, difference)));
}

function normalise(d: LayerNorm, offset: usize, mean: v128, inverse: v128): void {
  const vectors = (d.length & ~3) << 2;
  const rest = d.length & 3;
  const x = d.x + offset;
  const y = d.y + offset;
  const weight = d.weight;
  const bias = d.bias;
  for (let i = 0; i < vectors; i += 16) {
    let v = normalised(v128.load(x + i), mean, inverse);
    if (weight) v = f32x4.mul(v, v128.load(weight + i));
    if (bias) v = f32x4.add(v, v128.load(bias + i));
    v128.store(y + i, v);
  }
  if (rest == 0) return;
  let v = normalised(loadTail(x + vectors, rest), mean, inverse);
  if (d.weight) v = f32x4.mul(v, loadTail(d.weight + vectors, rest));
  if (d.bias) v = f32x4.add(v, loadTail(d.bias + vectors, rest));
  storeTail(y + vectors, v, rest);
}

// @ts-ignore: decorator
@inline
function normalised(x: v128, mean: v128, inverse: v128): v128 {
  return f32x4.mul(f32x4.sub(x, mean), inverse);
}

// @ts-ignore: decorator
@unmanaged
class LayerNormGradient {
  x: usize;
  weight: usize;
  mean: usize;
  inverseDeviation: usize;
  gradient: usize;
  xGradient: usize;
  weightGradient: usize;
  biasGradient: usize;
  rows: i32;
  length: i32;
  workspace: usize;
}

function rowsOfParts(d: LayerNormGradient): i32 {
  return max(rowsPerChunk(d.length), ceilDivide(d.rows, MAX_PARTS));
}

function partsOf(d: LayerNormGradient): i32 {
  return ceilDivide(d.rows, rowsOfParts(d));
}

/** For each part the sums of gradients, then of gradients times normalised elements. */
export function layerNormGradientWorkspace(d: LayerNormGradient): i32 {
  return align16(partsOf(d) * 2 * d.length * 4);
}

export function layerNormGradientBlocks(d: LayerNormGradient, phase: i32): i32 {
  if (phase == 0) return partsOf(d);
  return phase == 1 ? ceilDivide(d.length, COLUMNS) : -1;
}

export function layerNormGradient(d: LayerNormGradient, phase: i32, block: i32, scratch: usize): void {
  if (phase == 1) return sumParts(d, block);
  const sums = d.workspace + block * 2 * d.length * 4;
  memory.fill(sums, 0, 2 * d.length * 4);
  const first = block * rowsOfParts(d);
  const end = min(d.rows, first + rowsOfParts(d));
  for (let row = first; row < end; row++) rowGradient(d, row, sums);
}

/** gradient(x) = (d - mean(d) - h * mean(d * h)) * inverse for the normalised row h and d = gradient * weight. */
function rowGradient(d: LayerNormGradient, row: i32, sums: usize): void {
  const vectors = (d.length & ~3) << 2;
  const rest = d.length & 3;
  const x = d.x + row * d.length * 4;
  const gradient = d.gradient + row * d.length * 4;
  const xGradient = d.xGradient + row * d.length * 4;
  const products = sums + (d.length << 2);
  const mean = v128.load_splat<f32>(d.mean + (row << 2));
  const inverse = v128.load_splat<f32>(d.inverseDeviation + (row << 2));
  let total: f64 = 0;
  let totalProduct: f64 = 0;
  for (let i = 0; i < vectors; ) {
    let lanes = f32x4.splat(0);
    let productLanes = f32x4.splat(0);
    for (const end = min(vectors, i + SPAN); i < end; i += 16) {
      const h = normalised(v128.load(x + i), mean, inverse);
      let g = v128.load(gradient + i);
      v128.store(sums + i, f32x4.add(v128.load(sums + i), g));
      v128.store(products + i, f32x4.add(v128.load(products + i), f32x4.mul(g, h)));
      if (d.weight) g = f32x4.mul(g, v128.load(d.weight + i));
      lanes = f32x4.add(lanes, g);
      productLanes = f32x4.add(productLanes, f32x4.mul(g, h));
    }
    total += f64(lanesSum(lanes));
    totalProduct += f64(lanesSum(productLanes));
  }
  if (rest) {
    const h = normalised(loadTail(x + vectors, rest), mean, inverse);
    let g = loadTail(gradient + vectors, rest);
    storeTail(sums + vectors, f32x4.add(loadTail(sums + vectors, rest), g), rest);
    storeTail(products + vectors, f32x4.add(loadTail(products + vectors, rest), f32x4.mul(g, h)), rest);
    if (d.weight) g = f32x4.mul(g, loadTail(d.weight + vectors, rest));
    total += f64(lanesSum(g));
    totalProduct += f64(lanesSum(f32x4.mul(g, h)));
  }
  const shift = f32x4.splat(f32(total / f64(d.length)));
  const slope = f32x4.splat(f32(totalProduct / f64(d.length)));
  for (let i = 0; i < vectors; i += 16) {
    let g = v128.load(gradient + i);
    if (d.weight) g = f32x4.mul(g, v128.load(d.weight + i));
    const h = normalised(v128.load(x + i), mean, inverse);
    v128.store(xGradient + i, remaining(g, h, shift, slope, inverse));
  }
  if (rest == 0) return;
  let g = loadTail(gradient + vectors, rest);
  if (d.weight) g = f32x4.mul(g, loadTail(d.weight + vectors, rest));
  const h = normalised(loadTail(x + vectors, rest), mean, inverse);
  storeTail(xGradient + vectors, remaining(g, h, shift, slope, inverse), rest);
}

// @ts-ignore: decorator
@inline
function remaining(g: v128, h: v128, shift: v128, slope: v128, inverse: v128): v128 {
  return f32x4.mul(f32x4.sub(f32x4.sub(g, shift), f32x4.mul(h, slope)), inverse);
}

function sumParts(d: LayerNormGradient, block: i32): void {
  const parts = partsOf(d);
  const end = min(d.length, (block + 1) * COLUMNS) << 2;
  for (let i = block * COLUMNS << 2; i < end; i += 4) {
    let sum: f64 = 0;
    let product: f64 = 0;
    for (let part = 0; part < parts; part++) {
      const at = d.workspace + part * 2 * d.length * 4 + i;
      sum += f64(load<f32>(at));
      product += f64(load<f32>(at + (d.length << 2)));
    }
    store<f32>(d.biasGradient + i, f32(sum));
    store<f32>(d.weightGradient + i, f32(product));
  }
}
