// Deformable convolution and its gradients. Samples are interpolated into columns, [position][tap][channel], for a band
// of positions at a time, with channels in vector lanes; what remains are the products that a convolution is made of.

import {
  Source,
  outerProduct,
  outerProductScratch,
  panelsIn,
  partialBytes,
  sumPartials,
  writeOffsets,
} from './lib/outer-product';
import { Target, packPanel, packedBytes, product, productScratch } from './lib/product';
import { SEGMENT_BYTES, TAP_BYTES, Taps, addTap, findSegments } from './lib/taps';
import { align16, ceilDivide, lanesSum } from './lib/vector';

/** The columns of a band may take so many bytes, and it has at most so many positions. */
const COLUMN_BYTES: i32 = 262144;
const BAND: i32 = 64;
const MAX_PARTS: i32 = 16;
const PARTIALS_BYTES: i32 = 8388608;
/** Input channels whose gradient one block computes. */
const CHUNK: i32 = 32;

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

/** One tap at one position: the addresses of channel 0 of four pixels, 0 if outside, and where between them it falls. */
// @ts-ignore: decorator
@unmanaged
class Point {
  topLeft: usize;
  topRight: usize;
  bottomLeft: usize;
  bottomRight: usize;
  down: f32;
  right: f32;
  mask: f32;
}

/** The pixels of `image`, an [H, W, C] at that address, between which a tap of an output position falls. */
function locate(d: DeformGeometry, image: usize, position: i32, offsetGroup: i32, tap: i32, point: Point): void {
  const taps = tapsOf(d);
  const index = (position * d.offsetGroups + offsetGroup) * taps + tap;
  const row = (position / d.outWidth) % d.outHeight;
  const column = position % d.outWidth;
  const v =
    f32(row * d.strideHeight - d.paddingTop + (tap / d.kernelWidth) * d.dilationHeight) +
    load<f32>(d.offset + (index << 3));
  const h =
    f32(column * d.strideWidth - d.paddingLeft + (tap % d.kernelWidth) * d.dilationWidth) +
    load<f32>(d.offset + (index << 3), 4);
  const top = floor(v);
  const left = floor(h);
  point.down = v - top;
  point.right = h - left;
  point.mask = d.mask ? load<f32>(d.mask + (index << 2)) : 1;
  // Far outside, or not a number, comparisons fail before anything is converted.
  const upper = top >= 0 && top < f32(d.inHeight);
  const lower = top >= -1 && top < f32(d.inHeight - 1);
  const nearer = left >= 0 && left < f32(d.inWidth);
  const farther = left >= -1 && left < f32(d.inWidth - 1);
  const pixelBytes = d.inChannels << 2;
  const rowBytes = pixelBytes * d.inWidth;
  const across = (upper || lower ? i32(top) * rowBytes : 0) + (nearer || farther ? i32(left) * pixelBytes : 0);
  const corner = image + usize(across);
  point.topLeft = upper && nearer ? corner : 0;
  point.topRight = upper && farther ? corner + pixelBytes : 0;
  point.bottomLeft = lower && nearer ? corner + rowBytes : 0;
  point.bottomRight = lower && farther ? corner + rowBytes + pixelBytes : 0;
}

function imageOf(d: DeformGeometry, tensor: usize, position: i32): usize {
  return tensor + (position / (d.outHeight * d.outWidth)) * d.inHeight * d.inWidth * d.inChannels * 4;
}

// A pixel outside counts as zero: it is read from a row of zeros.
// @ts-ignore: decorator
@inline
function orZeros(pixel: usize, zeros: usize, byte: i32): usize {
  return pixel ? pixel + byte : zeros + byte;
}

function zeroBytes(d: DeformGeometry): i32 {
  return align16(d.inChannels * 4 + 16);
}

/** Writes the columns of positions [first, first + count). */
function sample(d: DeformGeometry, first: i32, count: i32, columns: usize, zeros: usize, point: Point): void {
  const taps = tapsOf(d);
  const groupBytes = (d.inChannels / d.offsetGroups) << 2;
  for (let i = 0; i < count; i++) {
    const position = first + i;
    const image = imageOf(d, d.x, position);
    for (let tap = 0; tap < taps; tap++) {
      const column = columns + (i * taps + tap) * d.inChannels * 4;
      for (let group = 0; group < d.offsetGroups; group++) {
        locate(d, image, position, group, tap, point);
        interpolate(point, group * groupBytes, groupBytes, column, zeros);
      }
    }
  }
}

/** Writes the interpolated channels [start, start + bytes) times the mask to `column`. */
function interpolate(p: Point, start: i32, bytes: i32, column: usize, zeros: usize): void {
  const topLeft = orZeros(p.topLeft, zeros, start);
  const topRight = orZeros(p.topRight, zeros, start);
  const bottomLeft = orZeros(p.bottomLeft, zeros, start);
  const bottomRight = orZeros(p.bottomRight, zeros, start);
  const up: f32 = (1 - p.down) * p.mask;
  const down = p.down * p.mask;
  const left: f32 = 1 - p.right;
  const w0 = up * left;
  const w1 = up * p.right;
  const w2 = down * left;
  const w3 = down * p.right;
  const to = column + start;
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
  t.direct = 1;
  t.scratchBytes = 0;
  t.bands = 1;
  // A column's taps lie as rows do.
  t.rowBytes = d.inChannels << 2;
  t.pixelBytes = columnLength(d) << 2;
  setColumns(t, 0, bandOf(d));
  findSegments(t, tables + tapsOf(d) * TAP_BYTES);
}

function setColumns(t: Taps, columns: usize, count: i32): void {
  t.input = columns;
  t.width = count;
  t.gridHeight = 1;
  t.gridWidth = count;
  t.positions = count;
  t.bandPositions = count;
}

function tableBytes(d: DeformGeometry): i32 {
  return tapsOf(d) * (TAP_BYTES + SEGMENT_BYTES);
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
  const local = align16(offsetof<Taps>() + offsetof<Target>() + offsetof<Point>());
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
    const point = changetype<Point>(scratch + offsetof<Taps>() + offsetof<Target>());
    const columns = scratch + align16(offsetof<Taps>() + offsetof<Target>() + offsetof<Point>());
    const first = block * bandOf(d);
    const count = min(bandOf(d), positionsOf(d) - first);
    sample(d, first, count, columns, zeros, point);
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
      product(t, target, 0, group, 0, 0, panelsIn(outputs), addresses);
    }
  }
}

// --- deformConv2dWeightGradient: workspace is [Taps][tables][zeros][partial sums] ---

// @ts-ignore: decorator
@unmanaged
class DeformConv2dWeightGradient extends DeformGeometry {
  gradient: usize;
  weightGradient: usize;
}

function sumBytes(d: DeformGeometry): i32 {
  return d.groups * partialBytes(tapsOf(d) * (d.inChannels / d.groups), d.outChannels / d.groups);
}

/** Into how many partial sums the bands are divided: by sizes alone. */
function partsOf(d: DeformGeometry): i32 {
  const bands = ceilDivide(positionsOf(d), bandOf(d));
  return max(1, min(min(MAX_PARTS, bands), PARTIALS_BYTES / max(1, sumBytes(d))));
}

function weightGradientZeros(d: DeformGeometry): usize {
  return d.workspace + align16(offsetof<Taps>() + tableBytes(d));
}

export function deformConv2dWeightGradientWorkspace(d: DeformConv2dWeightGradient): i32 {
  return align16(offsetof<Taps>() + tableBytes(d)) + zeroBytes(d) + partsOf(d) * sumBytes(d);
}

export function deformConv2dWeightGradientScratch(d: DeformConv2dWeightGradient): i32 {
  const local = align16(offsetof<Taps>() + offsetof<Source>() + offsetof<Point>());
  return local + bandOf(d) * columnLength(d) * 4 + outerProductScratch(columnTaps(d), d.outChannels / d.groups) + 64;
}

export function deformConv2dWeightGradientBlocks(d: DeformConv2dWeightGradient, phase: i32): i32 {
  if (phase == 0) return 1;
  if (phase == 1) return partsOf(d);
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
    memory.fill(zeros, 0, zeroBytes(d));
  } else if (phase == 1) {
    sumPart(d, block, zeros, partials + block * sumBytes(d), scratch);
  } else {
    sumPartials(columnTaps(d), d.groups, outputs, partsOf(d), partials, d.weightGradient, block);
  }
}

function sumPart(d: DeformConv2dWeightGradient, part: i32, zeros: usize, partial: usize, scratch: usize): void {
  const t = changetype<Taps>(scratch);
  const source = changetype<Source>(scratch + offsetof<Taps>());
  const point = changetype<Point>(scratch + offsetof<Taps>() + offsetof<Source>());
  const columns = scratch + align16(offsetof<Taps>() + offsetof<Source>() + offsetof<Point>());
  const rest = align16(i32(columns) + bandOf(d) * columnLength(d) * 4);
  const outputs = d.outChannels / d.groups;
  const groupBytes = partialBytes(tapsOf(d) * (d.inChannels / d.groups), outputs);
  memory.copy(scratch, d.workspace, offsetof<Taps>());
  memory.fill(partial, 0, sumBytes(d));
  const positions = positionsOf(d);
  const bands = ceilDivide(positions, bandOf(d));
  const end = i32((i64(bands) * (part + 1)) / partsOf(d));
  source.columnBytes = d.outChannels << 2;
  source.rowBytes = 0;
  source.imageBytes = 0;
  source.channels = outputs;
  for (let band = i32((i64(bands) * part) / partsOf(d)); band < end; band++) {
    const first = band * bandOf(d);
    const count = min(bandOf(d), positions - first);
    sample(d, first, count, columns, zeros, point);
    setColumns(t, columns, count);
    source.y = d.gradient + first * d.outChannels * 4;
    writeOffsets(t, rest);
    const tiles = ceilDivide(t.count * t.channels, 4);
    for (let group = 0; group < d.groups; group++) {
      outerProduct(t, source, 0, group, 0, 0, tiles, partial + group * groupBytes, rest);
    }
  }
}

// --- deformConv2dInputGradient: x, offset and mask ---
//
// One block owns a chunk of channels of one image, within one group and one offset group, so that no two ever add to the
// same pixel. Gradients of offset and mask are sums over chunks, added in order in the end.
// Workspace: [gradient's Taps][tables][packed weights, by chunk and tap][zeros][sums, by chunk: 3 floats a position and tap].

// @ts-ignore: decorator
@unmanaged
class DeformConv2dInputGradient extends DeformGeometry {
  weight: usize;
  gradient: usize;
  xGradient: usize;
  offsetGradient: usize;
  maskGradient: usize;
}

/** The end of the chunk that begins at this channel. */
function chunkEnd(d: DeformGeometry, channel: i32): i32 {
  const perGroup = d.inChannels / d.groups;
  const perOffsetGroup = d.inChannels / d.offsetGroups;
  const groupEnd = (channel / perGroup + 1) * perGroup;
  const offsetGroupEnd = (channel / perOffsetGroup + 1) * perOffsetGroup;
  return min(channel + CHUNK, min(groupEnd, offsetGroupEnd));
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

/** Packed weights of one tap of one chunk: outputs of the group by at most CHUNK channels. */
function tapWeightBytes(d: DeformGeometry): i32 {
  return packedBytes(d.outChannels / d.groups, CHUNK);
}

function chunkWeights(d: DeformGeometry, chunk: i32): usize {
  return packedWeights(d) + chunk * tapsOf(d) * tapWeightBytes(d);
}

function inputGradientZeros(d: DeformGeometry): usize {
  return chunkWeights(d, chunksOf(d));
}

/** The sums of one chunk for one position and tap: down, right, mask. */
function chunkSums(d: DeformGeometry, chunk: i32): usize {
  return inputGradientZeros(d) + zeroBytes(d) + chunk * positionsOf(d) * tapsOf(d) * 12;
}

export function deformConv2dInputGradientWorkspace(d: DeformConv2dInputGradient): i32 {
  const sums = d.offsetGradient || d.maskGradient ? chunksOf(d) : 0;
  return i32(chunkSums(d, sums) - d.workspace);
}

export function deformConv2dInputGradientScratch(d: DeformConv2dInputGradient): i32 {
  const local = align16(offsetof<Taps>() + offsetof<Target>() + offsetof<Point>());
  return local + BAND * tapsOf(d) * CHUNK * 4 + productScratch(columnTaps(d)) + 64;
}

export function deformConv2dInputGradientBlocks(d: DeformConv2dInputGradient, phase: i32): i32 {
  if (phase == 0) return 1;
  if (phase == 1) return chunksOf(d) * tapsOf(d);
  if (phase == 2) return d.batch * chunksOf(d);
  if (phase == 3) return d.offsetGradient || d.maskGradient ? d.batch * d.outHeight : 0;
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
    packChunk(d, block / tapsOf(d), block % tapsOf(d), scratch);
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
  t.direct = 1;
  t.scratchBytes = 0;
  t.bands = 1;
  t.pixelBytes = d.outChannels << 2;
  t.rowBytes = 0;
  setColumns(t, 0, BAND);
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
  for (let panel = 0; panel < panelsIn(channels); panel++) {
    packPanel(t, weight, perGroup * taps, taps, channels, panel, chunkWeights(d, chunk) + tap * tapWeightBytes(d));
  }
}

function chunkGradient(d: DeformConv2dInputGradient, image: i32, chunk: i32, scratch: usize): void {
  const t = changetype<Taps>(scratch);
  const target = changetype<Target>(scratch + offsetof<Taps>());
  const point = changetype<Point>(scratch + offsetof<Taps>() + offsetof<Target>());
  const columns = scratch + align16(offsetof<Taps>() + offsetof<Target>() + offsetof<Point>());
  const rest = align16(i32(columns) + BAND * tapsOf(d) * CHUNK * 4);
  const first = chunkStart(d, chunk);
  const channels = chunkEnd(d, first) - first;
  const outputs = d.outChannels / d.groups;
  const group = first / (d.inChannels / d.groups);
  const taps = tapsOf(d);
  const pixels = d.inHeight * d.inWidth;
  if (d.xGradient) {
    let at = d.xGradient + ((image * pixels * d.inChannels + first) << 2);
    for (let pixel = 0; pixel < pixels; pixel++) {
      memory.fill(at, 0, channels << 2);
      at += d.inChannels << 2;
    }
  }
  memory.copy(scratch, d.workspace, offsetof<Taps>());
  target.bias = 0;
  target.columnBytes = (taps * channels) << 2;
  target.rowBytes = 0;
  target.imageBytes = 0;
  target.channels = channels;
  const positions = d.outHeight * d.outWidth;
  for (let start = 0; start < positions; start += BAND) {
    const count = min(BAND, positions - start);
    const position = image * positions + start;
    setColumns(t, d.gradient + ((position * d.outChannels + group * outputs) << 2), count);
    for (let tap = 0; tap < taps; tap++) {
      target.packed = chunkWeights(d, chunk) + tap * tapWeightBytes(d);
      target.y = columns + ((tap * channels) << 2);
      product(t, target, 0, 0, 0, 0, panelsIn(channels), rest);
    }
    for (let i = 0; i < count; i++) {
      for (let tap = 0; tap < taps; tap++) {
        spread(d, position + i, tap, chunk, first, channels, columns + (((i * taps + tap) * channels) << 2), point);
      }
    }
  }
}

/** Carries the gradient of one sample, a chunk of channels, to the pixels, the offset and the mask that it came from. */
function spread(
  d: DeformConv2dInputGradient,
  position: i32,
  tap: i32,
  chunk: i32,
  first: i32,
  channels: i32,
  gradient: usize,
  point: Point,
): void {
  const offsetGroup = first / (d.inChannels / d.offsetGroups);
  const start = first << 2;
  const bytes = channels << 2;
  if (d.xGradient) {
    locate(d, imageOf(d, d.xGradient, position), position, offsetGroup, tap, point);
    const up: f32 = (1 - point.down) * point.mask;
    const down = point.down * point.mask;
    const left: f32 = 1 - point.right;
    addTo(point.topLeft, start, up * left, gradient, bytes);
    addTo(point.topRight, start, up * point.right, gradient, bytes);
    addTo(point.bottomLeft, start, down * left, gradient, bytes);
    addTo(point.bottomRight, start, down * point.right, gradient, bytes);
  }
  if (d.offsetGradient || d.maskGradient) {
    locate(d, imageOf(d, d.x, position), position, offsetGroup, tap, point);
    sumDerivatives(d, point, start, bytes, gradient, chunkSums(d, chunk) + (position * tapsOf(d) + tap) * 12);
  }
}

// @ts-ignore: decorator
@inline
function addTo(pixel: usize, start: i32, share: f32, gradient: usize, bytes: i32): void {
  if (!pixel) return;
  const at = pixel + start;
  let c = 0;
  for (; c + 16 <= bytes; c += 16) {
    const part = f32x4.mul(f32x4.splat(share), v128.load(gradient + c));
    v128.store(at + c, f32x4.add(v128.load(at + c), part));
  }
  for (; c < bytes; c += 4) store<f32>(at + c, load<f32>(at + c) + share * load<f32>(gradient + c));
}

/** The sums over a chunk's channels of the gradient times dX/dv * mask, dX/dh * mask, and X. */
function sumDerivatives(
  d: DeformConv2dInputGradient,
  p: Point,
  start: i32,
  bytes: i32,
  gradient: usize,
  sums: usize,
): void {
  const zeros = inputGradientZeros(d);
  const topLeft = orZeros(p.topLeft, zeros, start);
  const topRight = orZeros(p.topRight, zeros, start);
  const bottomLeft = orZeros(p.bottomLeft, zeros, start);
  const bottomRight = orZeros(p.bottomRight, zeros, start);
  // Sums of the gradient times each pixel; everything follows from these four.
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
  let t0 = lanesSum(s0);
  let t1 = lanesSum(s1);
  let t2 = lanesSum(s2);
  let t3 = lanesSum(s3);
  for (; c < bytes; c += 4) {
    const g = load<f32>(gradient + c);
    t0 += g * load<f32>(topLeft + c);
    t1 += g * load<f32>(topRight + c);
    t2 += g * load<f32>(bottomLeft + c);
    t3 += g * load<f32>(bottomRight + c);
  }
  const left: f32 = 1 - p.right;
  const up: f32 = 1 - p.down;
  store<f32>(sums, p.mask * (left * (t2 - t0) + p.right * (t3 - t1)));
  store<f32>(sums, p.mask * (up * (t1 - t0) + p.down * (t3 - t2)), 4);
  store<f32>(sums, up * (left * t0 + p.right * t1) + p.down * (left * t2 + p.right * t3), 8);
}

/** Adds the sums of an offset group's chunks, for one row of positions. */
function sumChunks(d: DeformConv2dInputGradient, row: i32): void {
  const taps = tapsOf(d);
  const perOffsetGroup = d.inChannels / d.offsetGroups;
  const chunks = chunksOf(d);
  for (let position = row * d.outWidth; position < (row + 1) * d.outWidth; position++) {
    for (let group = 0; group < d.offsetGroups; group++) {
      for (let tap = 0; tap < taps; tap++) {
        let down: f32 = 0;
        let right: f32 = 0;
        let mask: f32 = 0;
        for (let chunk = 0, channel = 0; chunk < chunks; chunk++) {
          if (channel / perOffsetGroup == group) {
            const sums = chunkSums(d, chunk) + (position * taps + tap) * 12;
            down += load<f32>(sums);
            right += load<f32>(sums, 4);
            mask += load<f32>(sums, 8);
          }
          channel = chunkEnd(d, channel);
        }
        const index = (position * d.offsetGroups + group) * taps + tap;
        if (d.offsetGradient) {
          store<f32>(d.offsetGradient + (index << 3), down);
          store<f32>(d.offsetGradient + (index << 3), right, 4);
        }
        if (d.maskGradient) store<f32>(d.maskGradient + (index << 2), mask);
      }
    }
  }
}
