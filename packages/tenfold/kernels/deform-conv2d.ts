// Deformable convolution and its gradients. Samples are interpolated into columns, [position][tap][channel], for a band
// of positions at a time, with channels in vector lanes; what remains are the products that a convolution is made of.

import {
  OUTER_PRODUCT_BAND,
  Source,
  innerTiles,
  outerProduct,
  outerProductScratch,
  panelsIn,
  partialBytes,
  sumPartials,
  writeOffsets,
} from './lib/outer-product';
import { PANEL, Target, packColumns, packPanel, packedBytes, product, productScratch } from './lib/product';
import { TAP_BYTES, Taps, addTap, findSegments, segmentsBytes } from './lib/taps';
import { align16, ceilDivide, sumsOfLanes } from './lib/vector';

/** The columns of a band may take so many bytes, and it has at most so many positions. */
const COLUMN_BYTES: i32 = 262144;
const BAND: i32 = 64;
/** For the weight gradient: the columns of a band, and the sums of one block that are to stay in cache with them. */
const SUMMING_BYTES: i32 = 131072;
const SUMS_BYTES: i32 = 262144;
const MAX_PARTS: i32 = 16;
const PARTIALS_BYTES: i32 = 8388608;
/** Input channels whose gradient one block computes: so many at most, and as few where that gives more blocks. */
const MAX_CHUNK: i32 = 64;
const MIN_CHUNK: i32 = 32;
const BLOCKS: i32 = 8;

// @ts-ignore: decorator
@unmanaged
class DeformGeometry {
  batch: i32;
  inHeight: i32;
  inWidth: i32;
  inChannels: i32;
  outHeight: i32;
  outWidth: i32;
  outChannels: i32;
  groups: i32;
  offsetGroups: i32;
  kernelHeight: i32;
  kernelWidth: i32;
  strideHeight: i32;
  strideWidth: i32;
  dilationHeight: i32;
  dilationWidth: i32;
  paddingTop: i32;
  paddingLeft: i32;
  x: usize;
  offset: usize;
  mask: usize;
  workspace: usize;
}

function tapsOf(d: DeformGeometry): i32 {
  return d.kernelHeight * d.kernelWidth;
}

/** Output positions of all images. */
function positionsOf(d: DeformGeometry): i32 {
  return d.batch * d.outHeight * d.outWidth;
}

/** Floats in the column of one position. */
function columnLength(d: DeformGeometry): i32 {
  return tapsOf(d) * d.inChannels;
}

function bandOf(d: DeformGeometry): i32 {
  return max(1, min(BAND, COLUMN_BYTES / (columnLength(d) << 2)));
}

// --- samples ---

/** One tap at one position: the four pixels, in bytes from the image's first or OUTSIDE, and where between them it falls. */
// @ts-ignore: decorator
@unmanaged
class Point {
  topLeft: i32;
  topRight: i32;
  bottomLeft: i32;
  bottomRight: i32;
  down: f32;
  right: f32;
  mask: f32;
}

const POINT_BYTES: i32 = offsetof<Point>();
const OUTSIDE: i32 = -1;

/** Writes a point for each tap of one output position and offset group. */
function locate(d: DeformGeometry, position: i32, offsetGroup: i32, points: usize): void {
  let index = (position * d.offsetGroups + offsetGroup) * tapsOf(d);
  const down = position / d.outWidth;
  const firstRow = (down % d.outHeight) * d.strideHeight - d.paddingTop;
  const firstColumn = (position - down * d.outWidth) * d.strideWidth - d.paddingLeft;
  const lastRow = f32(d.inHeight - 1);
  const lastColumn = f32(d.inWidth - 1);
  const pixelBytes = d.inChannels << 2;
  const rowBytes = pixelBytes * d.inWidth;
  for (let r = 0; r < d.kernelHeight; r++) {
    for (let s = 0; s < d.kernelWidth; s++) {
      const point = changetype<Point>(points);
      const v = f32(firstRow + r * d.dilationHeight) + load<f32>(d.offset + (index << 3));
      const h = f32(firstColumn + s * d.dilationWidth) + load<f32>(d.offset + (index << 3), 4);
      const top = floor(v);
      const left = floor(h);
      point.down = v - top;
      point.right = h - left;
      point.mask = d.mask ? load<f32>(d.mask + (index << 2)) : 1;
      // Far outside, or not a number, comparisons fail before anything is converted.
      const upper = top >= 0 && top <= lastRow;
      const lower = top >= -1 && top < lastRow;
      const nearer = left >= 0 && left <= lastColumn;
      const farther = left >= -1 && left < lastColumn;
      const corner =
        (upper || lower ? i32(top) * rowBytes : 0) + (nearer || farther ? i32(left) * pixelBytes : 0);
      point.topLeft = upper && nearer ? corner : OUTSIDE;
      point.topRight = upper && farther ? corner + pixelBytes : OUTSIDE;
      point.bottomLeft = lower && nearer ? corner + rowBytes : OUTSIDE;
      point.bottomRight = lower && farther ? corner + rowBytes + pixelBytes : OUTSIDE;
      points += POINT_BYTES;
      index++;
    }
  }
}

function imageOf(d: DeformGeometry, tensor: usize, position: i32): usize {
  return tensor + (position / (d.outHeight * d.outWidth)) * d.inHeight * d.inWidth * d.inChannels * 4;
}

// A pixel outside counts as zero: it is read from a row of zeros.
// @ts-ignore: decorator
@inline
function orElse(image: usize, pixel: i32, outside: usize): usize {
  return select<usize>(outside, image + pixel, pixel == OUTSIDE);
}

function zeroBytes(d: DeformGeometry): i32 {
  return align16(d.inChannels * 4 + 16);
}

/** Writes taps [firstTap, endTap) of the columns of `count` positions; `points` has room for one position's taps. */
function sample(
  d: DeformGeometry,
  first: i32,
  count: i32,
  firstTap: i32,
  endTap: i32,
  columns: usize,
  zeros: usize,
  points: usize,
): void {
  const groupBytes = (d.inChannels / d.offsetGroups) << 2;
  const tapBytes = d.inChannels << 2;
  for (let position = first; position < first + count; position++) {
    const image = imageOf(d, d.x, position);
    for (let group = 0; group < d.offsetGroups; group++) {
      locate(d, position, group, points);
      const start = group * groupBytes;
      let column = columns + start;
      for (let tap = firstTap; tap < endTap; tap++) {
        interpolate(changetype<Point>(points + tap * POINT_BYTES), image + start, groupBytes, column, zeros);
        column += tapBytes;
      }
    }
    columns += (endTap - firstTap) * tapBytes;
  }
}

/** Writes `bytes` of interpolated channels times the mask to `to`. */
function interpolate(p: Point, image: usize, bytes: i32, to: usize, zeros: usize): void {
  const topLeft = orElse(image, p.topLeft, zeros);
  const topRight = orElse(image, p.topRight, zeros);
  const bottomLeft = orElse(image, p.bottomLeft, zeros);
  const bottomRight = orElse(image, p.bottomRight, zeros);
  const up: f32 = (1 - p.down) * p.mask;
  const down = p.down * p.mask;
  const left: f32 = 1 - p.right;
  const w0 = up * left;
  const w1 = up * p.right;
  const w2 = down * left;
  const w3 = down * p.right;
  let c = 0;
  for (; c + 16 <= bytes; c += 16) {
    let sum = f32x4.mul(f32x4.splat(w0), v128.load(topLeft + c));
    sum = f32x4.add(sum, f32x4.mul(f32x4.splat(w1), v128.load(topRight + c)));
    sum = f32x4.add(sum, f32x4.mul(f32x4.splat(w2), v128.load(bottomLeft + c)));
    sum = f32x4.add(sum, f32x4.mul(f32x4.splat(w3), v128.load(bottomRight + c)));
    v128.store(to + c, sum);
  }
  for (; c < bytes; c += 4) {
    const sum =
      w0 * load<f32>(topLeft + c) +
      w1 * load<f32>(topRight + c) +
      w2 * load<f32>(bottomLeft + c) +
      w3 * load<f32>(bottomRight + c);
    store<f32>(to + c, sum);
  }
}

// --- the columns as an image of one row, whose positions have all taps side by side ---

/** Fills in taps for columns, all but their address and number. */
function planColumns(d: DeformGeometry, t: Taps, tables: usize): void {
  t.images = 1;
  t.height = 1;
  t.pixelStride = columnLength(d);
  t.channels = d.inChannels / d.groups;
  t.strideHeight = 1;
  t.strideWidth = 1;
  t.originHeight = 0;
  t.originWidth = 0;
  t.table = tables;
  t.count = 0;
  for (let tap = 0; tap < tapsOf(d); tap++) addTap(t, tap, 0, tap);
  t.groups = d.groups;
  t.direct = 1;
  t.scratchBytes = 0;
  t.bands = 1;
  // A column's taps lie as rows do.
  t.rowBytes = d.inChannels << 2;
  t.pixelBytes = columnLength(d) << 2;
  t.bandPositions = bandOf(d);
  findSegments(t, tables + tapsOf(d) * TAP_BYTES);
}

function setColumns(t: Taps, columns: usize, count: i32): void {
  t.input = columns;
  t.width = count;
  t.gridHeight = 1;
  t.gridWidth = count;
  t.positions = count;
}

function tableBytes(d: DeformGeometry): i32 {
  return tapsOf(d) * TAP_BYTES + segmentsBytes(tapsOf(d), max(d.inChannels, d.outChannels) / d.groups);
}

// --- deformConv2d: workspace is [Taps][tables][packed weights][zeros] ---

// @ts-ignore: decorator
@unmanaged
class DeformConv2d extends DeformGeometry {
  weight: usize;
  bias: usize;
  y: usize;
}

function columnTaps(d: DeformGeometry): Taps {
  return changetype<Taps>(d.workspace);
}

function packedWeights(d: DeformGeometry): usize {
  return d.workspace + align16(offsetof<Taps>() + tableBytes(d));
}

function packedWeightBytes(d: DeformGeometry): i32 {
  return d.groups * packedBytes(tapsOf(d) * (d.inChannels / d.groups), d.outChannels / d.groups);
}

export function deformConv2dWorkspace(d: DeformConv2d): i32 {
  return align16(offsetof<Taps>() + tableBytes(d)) + packedWeightBytes(d) + zeroBytes(d);
}

export function deformConv2dScratch(d: DeformConv2d): i32 {
  const local = align16(offsetof<Taps>() + offsetof<Target>() + tapsOf(d) * POINT_BYTES);
  return local + bandOf(d) * columnLength(d) * 4 + productScratch(columnTaps(d)) + 64;
}

export function deformConv2dBlocks(d: DeformConv2d, phase: i32): i32 {
  if (phase == 0) return 1;
  if (phase == 1) return d.groups * panelsIn(d.outChannels / d.groups);
  return phase == 2 ? ceilDivide(positionsOf(d), bandOf(d)) : -1;
}

export function deformConv2d(d: DeformConv2d, phase: i32, block: i32, scratch: usize): void {
  const outputs = d.outChannels / d.groups;
  const inner = tapsOf(d) * (d.inChannels / d.groups);
  const zeros = packedWeights(d) + packedWeightBytes(d);
  if (phase == 0) {
    planColumns(d, columnTaps(d), d.workspace + offsetof<Taps>());
    memory.fill(zeros, 0, zeroBytes(d));
  } else if (phase == 1) {
    const panels = panelsIn(outputs);
    const group = block / panels;
    packPanel(
      columnTaps(d),
      d.weight + (group * outputs * inner << 2),
      tapsOf(d),
      inner,
      outputs,
      block - group * panels,
      packedWeights(d) + group * packedBytes(inner, outputs),
    );
  } else {
    const t = changetype<Taps>(scratch);
    const target = changetype<Target>(scratch + offsetof<Taps>());
    const points = scratch + offsetof<Taps>() + offsetof<Target>();
    const columns = scratch + align16(offsetof<Taps>() + offsetof<Target>() + tapsOf(d) * POINT_BYTES);
    const first = block * bandOf(d);
    const count = min(bandOf(d), positionsOf(d) - first);
    sample(d, first, count, 0, tapsOf(d), columns, zeros, points);
    memory.copy(scratch, d.workspace, offsetof<Taps>());
    setColumns(t, columns, count);
    target.packed = packedWeights(d);
    target.bias = d.bias;
    target.y = d.y + first * d.outChannels * 4;
    target.columnBytes = d.outChannels << 2;
    target.rowBytes = 0;
    target.imageBytes = 0;
    target.channels = outputs;
    const addresses = align16(i32(columns) + count * columnLength(d) * 4);
    for (let group = 0; group < d.groups; group++) {
      product(t, target, 0, group, group + 1, 0, 0, panelsIn(outputs), addresses);
    }
  }
}

// --- deformConv2dWeightGradient: workspace is [Taps][tables][zeros][partial sums] ---
//
// A block adds up one part of the positions for one part of the inner index, whose taps alone it samples: the more
// channels, the fewer taps, so that columns and sums stay in cache.

// @ts-ignore: decorator
@unmanaged
class DeformConv2dWeightGradient extends DeformGeometry {
  gradient: usize;
  weightGradient: usize;
}

function sumBytes(d: DeformGeometry): i32 {
  return d.groups * partialBytes(tapsOf(d) * (d.inChannels / d.groups), d.outChannels / d.groups);
}

/** Into how many partial sums the positions are divided: by sizes alone, like all that follows. */
function positionParts(d: DeformGeometry): i32 {
  const bands = ceilDivide(positionsOf(d), summingBand(d));
  return max(1, min(min(MAX_PARTS, bands), PARTIALS_BYTES / max(1, sumBytes(d))));
}

/** Into how many parts the inner index is divided. */
function innerParts(d: DeformGeometry): i32 {
  return min(tapsOf(d), ceilDivide(max(1, sumBytes(d)), SUMS_BYTES));
}

/** At most so many taps have a share in one part of the inner index. */
function tapsInPart(d: DeformGeometry): i32 {
  return min(tapsOf(d), ceilDivide(tapsOf(d), innerParts(d)) + 1);
}

function summingBand(d: DeformGeometry): i32 {
  return max(1, min(OUTER_PRODUCT_BAND, SUMMING_BYTES / max(1, (tapsOf(d) / innerParts(d)) * d.inChannels * 4)));
}

function weightGradientZeros(d: DeformGeometry): usize {
  return d.workspace + align16(offsetof<Taps>() + tableBytes(d));
}

export function deformConv2dWeightGradientWorkspace(d: DeformConv2dWeightGradient): i32 {
  return align16(offsetof<Taps>() + tableBytes(d)) + zeroBytes(d) + positionParts(d) * sumBytes(d);
}

function summingColumnBytes(d: DeformGeometry): i32 {
  return align16(summingBand(d) * tapsInPart(d) * d.inChannels * 4);
}

export function deformConv2dWeightGradientScratch(d: DeformConv2dWeightGradient): i32 {
  const local = align16(offsetof<Taps>() + offsetof<Source>() + tapsOf(d) * POINT_BYTES);
  return local + summingColumnBytes(d) + outerProductScratch(columnTaps(d), d.outChannels / d.groups);
}

export function deformConv2dWeightGradientBlocks(d: DeformConv2dWeightGradient, phase: i32): i32 {
  if (phase == 0) return 1;
  if (phase == 1) return positionParts(d) * innerParts(d);
  return phase == 2 ? d.groups * panelsIn(d.outChannels / d.groups) : -1;
}

export function deformConv2dWeightGradient(
  d: DeformConv2dWeightGradient,
  phase: i32,
  block: i32,
  scratch: usize,
): void {
  const outputs = d.outChannels / d.groups;
  const zeros = weightGradientZeros(d);
  const partials = zeros + zeroBytes(d);
  if (phase == 0) {
    planColumns(d, columnTaps(d), d.workspace + offsetof<Taps>());
    columnTaps(d).bandPositions = summingBand(d);
    memory.fill(zeros, 0, zeroBytes(d));
  } else if (phase == 1) {
    const part = block / innerParts(d);
    sumPart(d, part, block - part * innerParts(d), zeros, partials + part * sumBytes(d), scratch);
  } else {
    sumPartials(columnTaps(d), d.groups, outputs, positionParts(d), partials, d.weightGradient, block);
  }
}

function sumPart(
  d: DeformConv2dWeightGradient,
  part: i32,
  innerPart: i32,
  zeros: usize,
  partial: usize,
  scratch: usize,
): void {
  const t = changetype<Taps>(scratch);
  const source = changetype<Source>(scratch + offsetof<Taps>());
  const points = scratch + offsetof<Taps>() + offsetof<Source>();
  const columns = scratch + align16(offsetof<Taps>() + offsetof<Source>() + tapsOf(d) * POINT_BYTES);
  const rest = columns + summingColumnBytes(d);
  const outputs = d.outChannels / d.groups;
  memory.copy(scratch, d.workspace, offsetof<Taps>());

  const tiles = innerTiles(t);
  const firstTile = (tiles * innerPart) / innerParts(d);
  const endTile = (tiles * (innerPart + 1)) / innerParts(d);
  const firstTap = (firstTile * 4) / t.channels;
  const endTap = min(tapsOf(d), ceilDivide(endTile * 4, t.channels));
  const tapBytes = d.inChannels << 2;
  t.pixelBytes = (endTap - firstTap) * tapBytes;
  t.pixelStride = t.pixelBytes >> 2;
  writeOffsets(t, rest);
  const groupBytes = partialBytes(tapsOf(d) * t.channels, outputs);
  const tileBytes = 4 * panelsIn(outputs) * PANEL * 4;
  for (let group = 0; group < d.groups; group++) {
    memory.fill(partial + group * groupBytes + firstTile * tileBytes, 0, (endTile - firstTile) * tileBytes);
  }

  source.columnBytes = d.outChannels << 2;
  source.rowBytes = 0;
  source.imageBytes = 0;
  source.channels = outputs;
  const positions = positionsOf(d);
  const band = summingBand(d);
  const bands = ceilDivide(positions, band);
  const endBand = i32((i64(bands) * (part + 1)) / positionParts(d));
  for (let i = i32((i64(bands) * part) / positionParts(d)); i < endBand; i++) {
    const first = i * band;
    const count = min(band, positions - first);
    sample(d, first, count, firstTap, endTap, columns, zeros, points);
    setColumns(t, columns - firstTap * tapBytes, count);
    source.y = d.gradient + first * d.outChannels * 4;
    for (let group = 0; group < d.groups; group++) {
      outerProduct(t, source, 0, group, 0, firstTile, endTile, partial + group * groupBytes, rest);
    }
  }
}

// --- deformConv2dInputGradient: x, offset and mask ---
//
// One block owns a chunk of channels of one image, within one group and one offset group, so that no two ever add to the
// same pixel. For a band of positions it computes the gradient of their columns, [position][tap][channel], by one product
// with the weights, and carries it from there to the pixels. Gradients of offset and mask follow from four sums for each
// position and tap, of that gradient times each of the four pixels; they are added over chunks, in order, in the end.
//
// Workspace: [gradient's Taps][tables][packed weights, by chunk and tap][zeros][points][sums, by chunk].

// @ts-ignore: decorator
@unmanaged
class DeformConv2dInputGradient extends DeformGeometry {
  weight: usize;
  gradient: usize;
  xGradient: usize;
  offsetGradient: usize;
  maskGradient: usize;
}

/** Four sums of one chunk, for one position and tap. */
const SUM_BYTES: i32 = 16;

/** At most so many channels in a chunk: by sizes alone. */
function chunkLimit(d: DeformGeometry): i32 {
  const wanted = panelsIn((d.batch * d.inChannels) / BLOCKS) * PANEL;
  return max(MIN_CHUNK, min(MAX_CHUNK, wanted));
}

/** The end of the chunk that begins at this channel. */
function chunkEnd(d: DeformGeometry, channel: i32): i32 {
  const perGroup = d.inChannels / d.groups;
  const perOffsetGroup = d.inChannels / d.offsetGroups;
  const groupEnd = (channel / perGroup + 1) * perGroup;
  const offsetGroupEnd = (channel / perOffsetGroup + 1) * perOffsetGroup;
  return min(channel + chunkLimit(d), min(groupEnd, offsetGroupEnd));
}

function chunksOf(d: DeformGeometry): i32 {
  let chunks = 0;
  for (let channel = 0; channel < d.inChannels; channel = chunkEnd(d, channel)) chunks++;
  return chunks;
}

function chunkStart(d: DeformGeometry, chunk: i32): i32 {
  let channel = 0;
  for (let i = 0; i < chunk; i++) channel = chunkEnd(d, channel);
  return channel;
}

/** Packed weights of a chunk: outputs of the group by the channels of each tap, filled up to whole panels. */
function chunkWeights(d: DeformGeometry, chunk: i32): usize {
  return packedWeights(d) + chunk * tapsOf(d) * packedBytes(d.outChannels / d.groups, chunkLimit(d));
}

function inputGradientZeros(d: DeformGeometry): usize {
  return chunkWeights(d, chunksOf(d));
}

/** The points of all taps of one position and offset group. */
function pointsOf(d: DeformGeometry, position: i32, offsetGroup: i32): usize {
  const index = (position * d.offsetGroups + offsetGroup) * tapsOf(d);
  return inputGradientZeros(d) + zeroBytes(d) + index * POINT_BYTES;
}

function chunkSums(d: DeformGeometry, chunk: i32): usize {
  const sums = align16(i32(pointsOf(d, positionsOf(d), 0)));
  return sums + chunk * positionsOf(d) * tapsOf(d) * SUM_BYTES;
}

function wantsSums(d: DeformConv2dInputGradient): bool {
  return d.offsetGradient != 0 || d.maskGradient != 0;
}

export function deformConv2dInputGradientWorkspace(d: DeformConv2dInputGradient): i32 {
  return i32(chunkSums(d, wantsSums(d) ? chunksOf(d) : 0) - d.workspace);
}

function gradientColumnBytes(d: DeformGeometry): i32 {
  return BAND * tapsOf(d) * chunkLimit(d) * 4;
}

export function deformConv2dInputGradientScratch(d: DeformConv2dInputGradient): i32 {
  const local = align16(offsetof<Taps>() + offsetof<Target>());
  return local + gradientColumnBytes(d) + zeroBytes(d) + productScratch(columnTaps(d));
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
    planGradient(d, columnTaps(d), d.workspace + offsetof<Taps>());
    memory.fill(inputGradientZeros(d), 0, zeroBytes(d));
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

/** gradient(y) as an image of one row, read by a single tap at a time. */
function planGradient(d: DeformConv2dInputGradient, t: Taps, table: usize): void {
  t.images = 1;
  t.height = 1;
  t.pixelStride = d.outChannels;
  t.channels = d.outChannels / d.groups;
  t.strideHeight = 1;
  t.strideWidth = 1;
  t.originHeight = 0;
  t.originWidth = 0;
  t.table = table;
  t.count = 0;
  addTap(t, 0, 0, 0);
  t.groups = d.groups;
  t.direct = 1;
  t.scratchBytes = 0;
  t.bands = 1;
  t.pixelBytes = d.outChannels << 2;
  t.rowBytes = 0;
  t.bandPositions = BAND;
  findSegments(t, table + TAP_BYTES);
}

function packChunk(d: DeformConv2dInputGradient, chunk: i32, tap: i32, scratch: usize): void {
  const first = chunkStart(d, chunk);
  const channels = chunkEnd(d, first) - first;
  const perGroup = d.inChannels / d.groups;
  const outputs = d.outChannels / d.groups;
  const group = first / perGroup;
  const t = changetype<Taps>(scratch);
  memory.copy(scratch, d.workspace, offsetof<Taps>());
  t.table = scratch + offsetof<Taps>();
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
  for (let position = row * d.outWidth; position < (row + 1) * d.outWidth; position++) {
    for (let group = 0; group < d.offsetGroups; group++) locate(d, position, group, pointsOf(d, position, group));
  }
}

function chunkGradient(d: DeformConv2dInputGradient, image: i32, chunk: i32, scratch: usize): void {
  const t = changetype<Taps>(scratch);
  const target = changetype<Target>(scratch + offsetof<Taps>());
  const columns = scratch + align16(offsetof<Taps>() + offsetof<Target>());
  const nowhere = columns + gradientColumnBytes(d);
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
  if (d.xGradient) {
    let at = d.xGradient + start;
    for (let pixel = 0; pixel < pixels; pixel++) {
      memory.fill(at, 0, channels << 2);
      at += d.inChannels << 2;
    }
  }
  memory.copy(scratch, d.workspace, offsetof<Taps>());
  target.packed = chunkWeights(d, chunk);
  target.bias = 0;
  target.y = columns;
  target.columnBytes = taps * tapBytes;
  target.rowBytes = 0;
  target.imageBytes = 0;
  target.channels = (taps * tapBytes) >> 2;
  const zeros = inputGradientZeros(d);
  const positions = d.outHeight * d.outWidth;
  for (let band = 0; band < positions; band += BAND) {
    const count = min(BAND, positions - band);
    const position = image * positions + band;
    setColumns(t, d.gradient + ((position * d.outChannels + group * outputs) << 2), count);
    product(t, target, 0, 0, 1, 0, 0, panelsIn(target.channels), rest);
    let gradient = columns;
    let sums = chunkSums(d, chunk) + position * taps * SUM_BYTES;
    for (let i = 0; i < count; i++) {
      let point = pointsOf(d, position + i, offsetGroup);
      for (let tap = 0; tap < taps; tap++) {
        if (d.xGradient) addShares(changetype<Point>(point), d.xGradient + start, gradient, channels << 2, nowhere);
        if (wantsSums(d)) sumProducts(changetype<Point>(point), d.x + start, gradient, channels << 2, sums, zeros);
        gradient += tapBytes;
        point += POINT_BYTES;
        sums += SUM_BYTES;
      }
    }
  }
}

/** Adds to each of the four pixels its share of a sample's gradient; what falls outside goes to `nowhere`. */
function addShares(p: Point, image: usize, gradient: usize, bytes: i32, nowhere: usize): void {
  const topLeft = orElse(image, p.topLeft, nowhere);
  const topRight = orElse(image, p.topRight, nowhere);
  const bottomLeft = orElse(image, p.bottomLeft, nowhere);
  const bottomRight = orElse(image, p.bottomRight, nowhere);
  const up: f32 = (1 - p.down) * p.mask;
  const down = p.down * p.mask;
  const left: f32 = 1 - p.right;
  const w0 = f32x4.splat(up * left);
  const w1 = f32x4.splat(up * p.right);
  const w2 = f32x4.splat(down * left);
  const w3 = f32x4.splat(down * p.right);
  let c = 0;
  for (; c + 16 <= bytes; c += 16) {
    const g = v128.load(gradient + c);
    v128.store(topLeft + c, f32x4.add(v128.load(topLeft + c), f32x4.mul(w0, g)));
    v128.store(topRight + c, f32x4.add(v128.load(topRight + c), f32x4.mul(w1, g)));
    v128.store(bottomLeft + c, f32x4.add(v128.load(bottomLeft + c), f32x4.mul(w2, g)));
    v128.store(bottomRight + c, f32x4.add(v128.load(bottomRight + c), f32x4.mul(w3, g)));
  }
  for (; c < bytes; c += 4) {
    const g = load<f32>(gradient + c);
    store<f32>(topLeft + c, load<f32>(topLeft + c) + f32x4.extract_lane(w0, 0) * g);
    store<f32>(topRight + c, load<f32>(topRight + c) + f32x4.extract_lane(w1, 0) * g);
    store<f32>(bottomLeft + c, load<f32>(bottomLeft + c) + f32x4.extract_lane(w2, 0) * g);
    store<f32>(bottomRight + c, load<f32>(bottomRight + c) + f32x4.extract_lane(w3, 0) * g);
  }
}

/** The sums over a chunk's channels of the gradient times each of the four pixels. */
function sumProducts(p: Point, image: usize, gradient: usize, bytes: i32, sums: usize, zeros: usize): void {
  const topLeft = orElse(image, p.topLeft, zeros);
  const topRight = orElse(image, p.topRight, zeros);
  const bottomLeft = orElse(image, p.bottomLeft, zeros);
  const bottomRight = orElse(image, p.bottomRight, zeros);
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
  }
  let total = sumsOfLanes(s0, s1, s2, s3);
  for (; c < bytes; c += 4) {
    const pixels = f32x4(load<f32>(topLeft + c), load<f32>(topRight + c), load<f32>(bottomLeft + c), load<f32>(bottomRight + c));
    total = f32x4.add(total, f32x4.mul(v128.load_splat<f32>(gradient + c), pixels));
  }
  v128.store(sums, total);
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
    for (let position = row * d.outWidth; position < (row + 1) * d.outWidth; position++) {
      for (let tap = 0; tap < taps; tap++) {
        let sums = chunkSums(d, first) + (position * taps + tap) * SUM_BYTES;
        let total = v128.load(sums);
        for (let chunk = first + 1; chunk < end; chunk++) {
          sums += stride;
          total = f32x4.add(total, v128.load(sums));
        }
        const t0 = f32x4.extract_lane(total, 0);
        const t1 = f32x4.extract_lane(total, 1);
        const t2 = f32x4.extract_lane(total, 2);
        const t3 = f32x4.extract_lane(total, 3);
        const p = changetype<Point>(pointsOf(d, position, group) + tap * POINT_BYTES);
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
    }
  }
}
