// y[outer, inner] = scale * sum over the middle axis of x[outer, reduce, inner]: partial sums of parts of that axis, whose
// number depends on the sizes alone, then their sum in order.

import { sumBox } from './lib/box-sum';
import { CHUNK, ceilDivide, lanesSum } from './lib/vector';

// @ts-ignore: decorator
@unmanaged
class Sum {
  x: usize;
  y: usize;
  outer: i32;
  reduce: i32;
  inner: i32;
  scale: f32;
  workspace: usize;
}

const MAX_PARTS: i32 = 64;

function parts(d: Sum): i32 {
  const perOuter = ceilDivide(MAX_PARTS, max(1, d.outer));
  return max(1, min(min(perOuter, d.reduce), i32((i64(d.reduce) * d.inner) / 4096)));
}

export function sumWorkspace(d: Sum): i32 {
  return d.outer * parts(d) * d.inner * 4;
}

export function sumBlocks(d: Sum, phase: i32): i32 {
  if (phase == 0) return d.outer * parts(d);
  return phase == 1 ? ceilDivide(d.outer * d.inner, CHUNK) : -1;
}

export function sum(d: Sum, phase: i32, block: i32, scratch: usize): void {
  if (phase == 0) sumPart(d, block);
  else sumParts(d, block);
}

function sumPart(d: Sum, block: i32): void {
  const count = parts(d);
  const outer = block / count;
  const part = block - outer * count;
  const first = i32((i64(d.reduce) * part) / count);
  const end = i32((i64(d.reduce) * (part + 1)) / count);
  const x = d.x + (outer * d.reduce + first) * d.inner * 4;
  const y = d.workspace + block * d.inner * 4;
  if (d.inner == 1) store<f32>(y, sumRow(x, end - first));
  else sumBox(x, 1, 0, end - first, d.inner << 2, d.inner, y);
}

function sumRow(x: usize, length: i32): f32 {
  let lanes = f32x4.splat(0);
  const end = x + (length << 2);
  for (; x + 16 <= end; x += 16) lanes = f32x4.add(lanes, v128.load(x));
  let total = lanesSum(lanes);
  for (; x < end; x += 4) total += load<f32>(x);
  return total;
}

function sumParts(d: Sum, block: i32): void {
  const count = parts(d);
  const end = min(d.outer * d.inner, (block + 1) * CHUNK);
  for (let i = block * CHUNK; i < end; i++) {
    const outer = i / d.inner;
    let from = d.workspace + (outer * count * d.inner + (i - outer * d.inner)) * 4;
    let total: f32 = 0;
    for (let part = 0; part < count; part++) {
      total += load<f32>(from);
      from += d.inner << 2;
    }
    store<f32>(d.y + (i << 2), total * d.scale);
  }
}
