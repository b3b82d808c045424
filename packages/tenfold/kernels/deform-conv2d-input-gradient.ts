// Gradients of a deformable convolution by x, offset and mask.
//
// One block owns a chunk of channels of one image, within one group and one offset group, so that no two ever add to the
// same pixel. For a band of positions it computes the gradient of their columns, [position][tap][channel], by one product
// with the weights, and carries it from there to the pixels. Gradients of offset and mask follow from four sums for each
// position and tap, of that gradient times each of the four pixels; they are added over chunks, in order, in the end.
//
// Workspace: [gradient's Taps][tables][packed weights, by chunk and tap][zeros][points][sums, by chunk].

import {
  DeformGeometry,
  POINT_BYTES,
  ROW_BYTES,
  Point,
  behindTaps,
  locate,
  orElse,
  planRow,
  positionsOf,
  rowTaps,
  setRow,
  tapsOf,
  zeroBytes,
} from './lib/deform-samples';
import { panelsIn } from './lib/outer-product';
import { PRODUCT_BAND, Target, packColumns, packedBytes, product, productScratch } from './lib/product';
import { PANEL } from './lib/product-tiles';
import { Taps } from './lib/taps';
import { align16, sumsOfLanes } from './lib/vector';

/** Channels whose gradient one block computes: so many at most, and as few where that gives more blocks. */
const MAX_CHUNK: i32 = 64;
const MIN_CHUNK: i32 = 32;
const BLOCKS: i32 = 8;
/** Four sums of one chunk, for one position and tap. */
const SUM_BYTES: i32 = 16;

// @ts-ignore: decorator
@unmanaged
class DeformConv2dInputGradient extends DeformGeometry {
  weight: usize;
  gradient: usize;
  xGradient: usize;
  offsetGradient: usize;
  maskGradient: usize;
}

/** At most so many channels in a chunk: by sizes alone. */
function chunkLimit(d: DeformConv2dInputGradient): i32 {
  const wanted = panelsIn((d.batch * d.inChannels) / BLOCKS) * PANEL;
  return max(MIN_CHUNK, min(MAX_CHUNK, wanted));
}

/** The end of the chunk that begins at this channel. */
function chunkEnd(d: DeformConv2dInputGradient, channel: i32): i32 {
  const perGroup = d.inChannels / d.groups;
  const perOffsetGroup = d.inChannels / d.offsetGroups;
  const groupEnd = (channel / perGroup + 1) * perGroup;
  const offsetGroupEnd = (channel / perOffsetGroup + 1) * perOffsetGroup;
  return min(channel + chunkLimit(d), min(groupEnd, offsetGroupEnd));
}

function chunksOf(d: DeformConv2dInputGradient): i32 {
  let chunks = 0;
  for (let channel = 0; channel < d.inChannels; channel = chunkEnd(d, channel)) chunks++;
  return chunks;
}

function chunkStart(d: DeformConv2dInputGradient, chunk: i32): i32 {
  let channel = 0;
  for (let i = 0; i < chunk; i++) channel = chunkEnd(d, channel);
  return channel;
}

/** Packed weights of a chunk: outputs of the group by the channels of each tap, filled up to whole panels. */
function chunkWeights(d: DeformConv2dInputGradient, chunk: i32): usize {
  return behindTaps(d) + chunk * tapsOf(d) * packedBytes(d.outChannels / d.groups, chunkLimit(d));
}

function zerosOf(d: DeformConv2dInputGradient): usize {
  return chunkWeights(d, chunksOf(d));
}

/** The points of all taps of one position and offset group. */
function pointsOf(d: DeformConv2dInputGradient, position: i32, offsetGroup: i32): usize {
  const index = (position * d.offsetGroups + offsetGroup) * tapsOf(d);
  return zerosOf(d) + zeroBytes(d) + index * POINT_BYTES;
}

function chunkSums(d: DeformConv2dInputGradient, chunk: i32): usize {
  const sums = align16(i32(pointsOf(d, positionsOf(d), 0)));
  return sums + chunk * positionsOf(d) * tapsOf(d) * SUM_BYTES;
}

function wantsSums(d: DeformConv2dInputGradient): bool {
  return d.offsetGradient != 0 || d.maskGradient != 0;
}

export function deformConv2dInputGradientWorkspace(d: DeformConv2dInputGradient): i32 {
  return i32(chunkSums(d, chunksOf(d)) - d.workspace);
}

function columnBytes(d: DeformConv2dInputGradient): i32 {
  return PRODUCT_BAND * tapsOf(d) * chunkLimit(d) * 4;
}

export function deformConv2dInputGradientScratch(d: DeformConv2dInputGradient): i32 {
  const local = align16(ROW_BYTES + offsetof<Target>());
  return local + columnBytes(d) + zeroBytes(d) + productScratch(rowTaps(d));
}

export function deformConv2dInputGradientBlocks(d: DeformConv2dInputGradient, phase: i32): i32 {
  const rows = d.batch * d.outHeight;
  if (phase == 0) return 1;
  if (phase == 1) return chunksOf(d) * tapsOf(d) + rows;
  if (phase == 2) return d.batch * chunksOf(d);
  if (phase == 3) return wantsSums(d) ? rows : 0;
  return -1;
}

export function deformConv2dInputGradient(
  d: DeformConv2dInputGradient,
  phase: i32,
  block: i32,
  scratch: usize,
): void {
  if (phase == 0) {
    // Of the gradient a product reads one tap at a time.
    planRow(d, 1, 0, d.outChannels / d.groups, d.outChannels << 2, PRODUCT_BAND);
    memory.fill(zerosOf(d), 0, zeroBytes(d));
  } else if (phase == 1) {
    const packs = chunksOf(d) * tapsOf(d);
    if (block < packs) packChunk(d, block / tapsOf(d), block % tapsOf(d), scratch);
    else locateRow(d, block - packs);
  } else if (phase == 2) {
    const chunks = chunksOf(d);
    chunkGradient(d, block / chunks, block % chunks, scratch);
  } else {
    sumChunks(d, block);
  }
}

function packChunk(d: DeformConv2dInputGradient, chunk: i32, tap: i32, scratch: usize): void {
  const first = chunkStart(d, chunk);
  const channels = chunkEnd(d, first) - first;
  const perGroup = d.inChannels / d.groups;
  const outputs = d.outChannels / d.groups;
  const group = first / perGroup;
  const t = changetype<Taps>(scratch);
  memory.copy(scratch, d.workspace, ROW_BYTES);
  t.table = scratch + ROW_BYTES;
  store<i32>(t.table, tap, 8);
  const taps = tapsOf(d);
  const weight = d.weight + ((group * outputs * perGroup + (first - group * perGroup)) * taps << 2);
  const packed = chunkWeights(d, chunk) + tap * packedBytes(outputs, channels);
  for (let channel = 0; channel < channels; channel += PANEL) {
    const columns = min(PANEL, channels - channel);
    packColumns(t, weight + (channel * taps << 2), perGroup * taps, taps, columns, PANEL, packed + channel * outputs * 4);
  }
}

function locateRow(d: DeformConv2dInputGradient, row: i32): void {
  let points = pointsOf(d, row * d.outWidth, 0);
  for (let position = row * d.outWidth; position < (row + 1) * d.outWidth; position++) {
    for (let group = 0; group < d.offsetGroups; group++) {
      locate(d, position, group, points);
      points += tapsOf(d) * POINT_BYTES;
    }
  }
}

function chunkGradient(d: DeformConv2dInputGradient, image: i32, chunk: i32, scratch: usize): void {
  const t = changetype<Taps>(scratch);
  const target = changetype<Target>(scratch + ROW_BYTES);
  const columns = scratch + align16(ROW_BYTES + offsetof<Target>());
  const nowhere = columns + columnBytes(d);
  const rest = nowhere + zeroBytes(d);
  const first = chunkStart(d, chunk);
  const channels = chunkEnd(d, first) - first;
  const outputs = d.outChannels / d.groups;
  const group = first / (d.inChannels / d.groups);
  const offsetGroup = first / (d.inChannels / d.offsetGroups);
  const taps = tapsOf(d);
  const tapBytes = (panelsIn(channels) * PANEL) << 2;
  const pixels = d.inHeight * d.inWidth;
  const start = (image * pixels * d.inChannels + first) << 2;
  const xGradient = d.xGradient ? d.xGradient + start : 0;
  if (xGradient) {
    let at = xGradient;
    for (let pixel = 0; pixel < pixels; pixel++) {
      memory.fill(at, 0, channels << 2);
      at += d.inChannels << 2;
    }
  }
  memory.copy(scratch, d.workspace, ROW_BYTES);
  target.packed = chunkWeights(d, chunk);
  target.bias = 0;
  target.epilogue = null;
  target.y = columns;
  target.columnBytes = taps * tapBytes;
  target.rowBytes = 0;
  target.imageBytes = 0;
  target.channels = (taps * tapBytes) >> 2;
  const zeros = zerosOf(d);
  const positions = d.outHeight * d.outWidth;
  for (let band = 0; band < positions; band += PRODUCT_BAND) {
    const count = min(PRODUCT_BAND, positions - band);
    const position = image * positions + band;
    setRow(t, d.gradient + ((position * d.outChannels + group * outputs) << 2), count);
    product(t, target, 0, 0, 1, 0, 0, panelsIn(target.channels), rest);
    let gradient = columns;
    let sums = chunkSums(d, chunk) + position * taps * SUM_BYTES;
    let points = pointsOf(d, position, offsetGroup);
    for (let i = 0; i < count; i++) {
      let point = points;
      points += d.offsetGroups * taps * POINT_BYTES;
      for (let tap = 0; tap < taps; tap++) {
        carry(changetype<Point>(point), d.x ? d.x + start : 0, xGradient, gradient, channels << 2, sums, zeros, nowhere);
        gradient += tapBytes;
        point += POINT_BYTES;
        sums += SUM_BYTES;
      }
    }
  }
}

/**
 * Carries a sample's gradient to its four pixels, and sums over channels the gradient times each of them. Pixels outside, and
 * all if that image is null, are read from `zeros` and written to `nowhere`.
 */
function carry(
  p: Point,
  x: usize,
  xGradient: usize,
  gradient: usize,
  bytes: i32,
  sums: usize,
  zeros: usize,
  nowhere: usize,
): void {
  const topLeft = pixelOf(x, p.topLeft, zeros);
  const topRight = pixelOf(x, p.topRight, zeros);
  const bottomLeft = pixelOf(x, p.bottomLeft, zeros);
  const bottomRight = pixelOf(x, p.bottomRight, zeros);
  const toTopLeft = pixelOf(xGradient, p.topLeft, nowhere);
  const toTopRight = pixelOf(xGradient, p.topRight, nowhere);
  const toBottomLeft = pixelOf(xGradient, p.bottomLeft, nowhere);
  const toBottomRight = pixelOf(xGradient, p.bottomRight, nowhere);
  const up: f32 = (1 - p.down) * p.mask;
  const down = p.down * p.mask;
  const left: f32 = 1 - p.right;
  const w0 = f32x4.splat(up * left);
  const w1 = f32x4.splat(up * p.right);
  const w2 = f32x4.splat(down * left);
  const w3 = f32x4.splat(down * p.right);
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  let c = 0;
  for (; c + 16 <= bytes; c += 16) {
    const g = v128.load(gradient + c);
    s0 = f32x4.add(s0, f32x4.mul(g, v128.load(topLeft + c)));
    s1 = f32x4.add(s1, f32x4.mul(g, v128.load(topRight + c)));
    s2 = f32x4.add(s2, f32x4.mul(g, v128.load(bottomLeft + c)));
    s3 = f32x4.add(s3, f32x4.mul(g, v128.load(bottomRight + c)));
    v128.store(toTopLeft + c, f32x4.add(v128.load(toTopLeft + c), f32x4.mul(w0, g)));
    v128.store(toTopRight + c, f32x4.add(v128.load(toTopRight + c), f32x4.mul(w1, g)));
    v128.store(toBottomLeft + c, f32x4.add(v128.load(toBottomLeft + c), f32x4.mul(w2, g)));
    v128.store(toBottomRight + c, f32x4.add(v128.load(toBottomRight + c), f32x4.mul(w3, g)));
  }
  let total = sumsOfLanes(s0, s1, s2, s3);
  for (; c < bytes; c += 4) {
    const g = load<f32>(gradient + c);
    const pixels = f32x4(load<f32>(topLeft + c), load<f32>(topRight + c), load<f32>(bottomLeft + c), load<f32>(bottomRight + c));
    total = f32x4.add(total, f32x4.mul(f32x4.splat(g), pixels));
    store<f32>(toTopLeft + c, load<f32>(toTopLeft + c) + f32x4.extract_lane(w0, 0) * g);
    store<f32>(toTopRight + c, load<f32>(toTopRight + c) + f32x4.extract_lane(w1, 0) * g);
    store<f32>(toBottomLeft + c, load<f32>(toBottomLeft + c) + f32x4.extract_lane(w2, 0) * g);
    store<f32>(toBottomRight + c, load<f32>(toBottomRight + c) + f32x4.extract_lane(w3, 0) * g);
  }
  v128.store(sums, total);
}

// @ts-ignore: decorator
@inline
function pixelOf(image: usize, pixel: i32, outside: usize): usize {
  return image ? orElse(image, pixel, outside) : outside;
}

/** From the sums of an offset group's chunks the gradients of offset and mask, for one row of positions. */
function sumChunks(d: DeformConv2dInputGradient, row: i32): void {
  const taps = tapsOf(d);
  const perOffsetGroup = d.inChannels / d.offsetGroups;
  const chunks = chunksOf(d);
  const stride = positionsOf(d) * taps * SUM_BYTES;
  for (let group = 0; group < d.offsetGroups; group++) {
    let first = 0;
    let end = 0;
    for (let chunk = 0, channel = 0; chunk < chunks; chunk++, channel = chunkEnd(d, channel)) {
      if (channel < group * perOffsetGroup) first = chunk + 1;
      if (channel < (group + 1) * perOffsetGroup) end = chunk + 1;
    }
    let firstSums = chunkSums(d, first) + row * d.outWidth * taps * SUM_BYTES;
    let point = pointsOf(d, row * d.outWidth, group);
    for (let position = row * d.outWidth; position < (row + 1) * d.outWidth; position++) {
      for (let tap = 0; tap < taps; tap++) {
        let sums = firstSums;
        let total = v128.load(sums);
        for (let chunk = first + 1; chunk < end; chunk++) {
          sums += stride;
          total = f32x4.add(total, v128.load(sums));
        }
        firstSums += SUM_BYTES;
        const t0 = f32x4.extract_lane(total, 0);
        const t1 = f32x4.extract_lane(total, 1);
        const t2 = f32x4.extract_lane(total, 2);
        const t3 = f32x4.extract_lane(total, 3);
        const p = changetype<Point>(point);
        point += POINT_BYTES;
        const left: f32 = 1 - p.right;
        const up: f32 = 1 - p.down;
        const index = (position * d.offsetGroups + group) * taps + tap;
        if (d.offsetGradient) {
          const at = d.offsetGradient + (index << 3);
          store<f32>(at, p.mask * (left * (t2 - t0) + p.right * (t3 - t1)));
          store<f32>(at, p.mask * (up * (t1 - t0) + p.down * (t3 - t2)), 4);
        }
        if (d.maskGradient) {
          const at = d.maskGradient + (index << 2);
          store<f32>(at, up * (left * t0 + p.right * t1) + p.down * (left * t2 + p.right * t3));
        }
      }
      point += (d.offsetGroups - 1) * taps * POINT_BYTES;
    }
  }
}
