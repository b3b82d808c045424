// Weight gradient of a deformable convolution: the columns of positions (lib/deform-samples.ts) times the gradient there,
// summed over positions.
//
// A block adds up one part of the positions for one part of the inner index, whose taps alone it samples: the more
// channels, the fewer taps, so that columns and sums stay in cache.
//
// Workspace: [Taps][tables][zeros][partial sums].

import { Pixels } from './lib/bands';
import {
  DeformGeometry,
  POINT_BYTES,
  ROW_BYTES,
  behindTaps,
  planRow,
  positionsOf,
  rowTaps,
  sample,
  setRow,
  tapsOf,
  zeroBytes,
} from './lib/deform-samples';
import {
  OUTER_PRODUCT_BAND,
  innerTiles,
  outerProduct,
  outerProductScratch,
  panelsIn,
  partialBytes,
  sumPartials,
  writeOffsets,
} from './lib/outer-product';
import { PANEL } from './lib/product-tiles';
import { Taps } from './lib/taps';
import { align16, ceilDivide } from './lib/vector';

/** The columns of a band, and the sums of one block that are to stay in cache with them, may take so many bytes. */
const COLUMN_BYTES: i32 = 131072;
const SUMS_BYTES: i32 = 262144;
const MAX_PARTS: i32 = 16;
const PARTIALS_BYTES: i32 = 8388608;

// @ts-ignore: decorator
@unmanaged
class DeformConv2dWeightGradient extends DeformGeometry {
  gradient: usize;
  weightGradient: usize;
}

function sumBytes(d: DeformConv2dWeightGradient): i32 {
  return d.groups * partialBytes(tapsOf(d) * (d.inChannels / d.groups), d.outChannels / d.groups);
}

/** Into how many partial sums the positions are divided: by sizes alone, like all that follows. */
function positionParts(d: DeformConv2dWeightGradient): i32 {
  const bands = ceilDivide(positionsOf(d), bandOf(d));
  return max(1, min(min(MAX_PARTS, bands), PARTIALS_BYTES / max(1, sumBytes(d))));
}

/** Into how many parts the inner index is divided. */
function innerParts(d: DeformConv2dWeightGradient): i32 {
  return min(tapsOf(d), ceilDivide(max(1, sumBytes(d)), SUMS_BYTES));
}

/** At most so many taps have a share in one part of the inner index. */
function tapsInPart(d: DeformConv2dWeightGradient): i32 {
  return min(tapsOf(d), ceilDivide(tapsOf(d), innerParts(d)) + 1);
}

function bandOf(d: DeformConv2dWeightGradient): i32 {
  return max(1, min(OUTER_PRODUCT_BAND, COLUMN_BYTES / max(1, (tapsOf(d) / innerParts(d)) * d.inChannels * 4)));
}

export function deformConv2dWeightGradientWorkspace(d: DeformConv2dWeightGradient): i32 {
  return i32(behindTaps(d) - d.workspace) + zeroBytes(d) + positionParts(d) * sumBytes(d);
}

function columnBytes(d: DeformConv2dWeightGradient): i32 {
  return align16(bandOf(d) * tapsInPart(d) * d.inChannels * 4);
}

export function deformConv2dWeightGradientScratch(d: DeformConv2dWeightGradient): i32 {
  const local = align16(ROW_BYTES + offsetof<Pixels>() + tapsOf(d) * POINT_BYTES);
  return local + columnBytes(d) + outerProductScratch(rowTaps(d), d.outChannels / d.groups);
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
  const zeros = behindTaps(d);
  const partials = zeros + zeroBytes(d);
  if (phase == 0) {
    const tapBytes = d.inChannels << 2;
    planRow(d, tapsOf(d), tapBytes, d.inChannels / d.groups, tapsOf(d) * tapBytes, bandOf(d));
    memory.fill(zeros, 0, zeroBytes(d));
  } else if (phase == 1) {
    const part = block / innerParts(d);
    sumPart(d, part, block - part * innerParts(d), zeros, partials + part * sumBytes(d), scratch);
  } else {
    sumPartials(rowTaps(d), d.groups, outputs, positionParts(d), partials, d.weightGradient, block);
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
  const source = changetype<Pixels>(scratch + ROW_BYTES);
  const points = scratch + ROW_BYTES + offsetof<Pixels>();
  const columns = scratch + align16(ROW_BYTES + offsetof<Pixels>() + tapsOf(d) * POINT_BYTES);
  const rest = columns + columnBytes(d);
  const outputs = d.outChannels / d.groups;
  memory.copy(scratch, d.workspace, ROW_BYTES);

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
  const band = bandOf(d);
  const bands = ceilDivide(positions, band);
  const endBand = i32((i64(bands) * (part + 1)) / positionParts(d));
  for (let i = i32((i64(bands) * part) / positionParts(d)); i < endBand; i++) {
    const first = i * band;
    const count = min(band, positions - first);
    sample(d, first, count, firstTap, endTap, columns, zeros, points);
    setRow(t, columns - firstTap * tapBytes, count);
    source.y = d.gradient + first * d.outChannels * 4;
    for (let group = 0; group < d.groups; group++) {
      outerProduct(t, source, 0, group, 0, firstTile, endTile, partial + group * groupBytes, rest);
    }
  }
}
