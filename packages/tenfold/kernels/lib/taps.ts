// A convolution, or one residue class of its input gradient, as a walk over taps: for every position of a grid, some
// pixels of an image (one a tap), each with its channels. `Taps` says which pixels. A band of positions is walked over
// either in the image itself, where no tap leaves it, or in a padded copy of the rows that the band needs.

import { align16, ceilDivide } from './vector';

/** At least so many blocks, so that the threads finish together. */
export const BLOCKS: i32 = 16;

const LINE_BYTES: i32 = 64;

/** A band's copy may take so many bytes, to stay in cache. */
const COPY_BYTES: i32 = 393216;

// @ts-ignore: decorator
@unmanaged
export class Taps {
  // The image: pixels of `channels` floats (of one group) that lie `pixelStride` floats apart.
  input: usize;
  images: i32;
  height: i32;
  width: i32;
  pixelStride: i32;
  channels: i32;
  groups: i32;
  // The grid. Position (i, j) looks at the image from pixel (i * strideHeight + originHeight, j * strideWidth + originWidth).
  gridHeight: i32;
  gridWidth: i32;
  strideHeight: i32;
  strideWidth: i32;
  originHeight: i32;
  originWidth: i32;
  // The taps, three i32 each: row and column relative to that pixel, and index in the kernel. `addTap` keeps the extent.
  table: usize;
  count: i32;
  minRow: i32;
  maxRow: i32;
  minColumn: i32;
  maxColumn: i32;
  // What follows is set by `finish`.
  /** Where the regions of a product end (lib/regions.ts); null where it is not taken over regions. */
  regionsEnd: usize;
  /** Whether no tap ever leaves the image, so that it is read in place. */
  direct: i32;
  rowBytes: i32;
  pixelBytes: i32;
  copyWidth: i32;
  positions: i32;
  bandPositions: i32;
  bands: i32;
  /** How far apart the copies of groups lie that are copied together. */
  groupBytes: i32;
  /** Bytes of scratch that `openBand` needs, without the caller's own. */
  scratchBytes: i32;
}

export const TAP_BYTES: i32 = 12;

/** Terms in one chunk of a sum over taps and channels. */
export const CHUNK_TERMS: i32 = 128;

/** So many groups, whose pixels share cache lines, are copied together. */
export function copiedGroups(groups: i32, channels: i32): i32 {
  return min(groups, max(1, LINE_BYTES / (channels << 2)));
}

export function addTap(t: Taps, row: i32, column: i32, index: i32): void {
  const entry = t.table + t.count * TAP_BYTES;
  store<i32>(entry, row);
  store<i32>(entry, column, 4);
  store<i32>(entry, index, 8);
  t.minRow = t.count == 0 ? row : min(t.minRow, row);
  t.maxRow = t.count == 0 ? row : max(t.maxRow, row);
  t.minColumn = t.count == 0 ? column : min(t.minColumn, column);
  t.maxColumn = t.count == 0 ? column : max(t.maxColumn, column);
  t.count++;
}

/**
 * Derives how the grid is walked, once all taps are there: in bands of about `band` positions. `seamless` says that on
 * the other side, too, the rows of one image follow those of the one before; `copied` that a copy is wanted even where no
 * tap leaves the image.
 */
export function finish(t: Taps, seamless: bool, band: i32, copied: bool = false): void {
  t.positions = t.gridHeight * t.gridWidth;
  if (t.positions == 0) {
    t.bands = 0;
    t.scratchBytes = 0;
    return;
  }
  if (t.count == 0) {
    t.minRow = 0;
    t.maxRow = 0;
    t.minColumn = 0;
    t.maxColumn = 0;
  }
  const firstRow = t.originHeight + t.minRow;
  const lastRow = (t.gridHeight - 1) * t.strideHeight + t.originHeight + t.maxRow;
  const firstColumn = t.originWidth + t.minColumn;
  const lastColumn = (t.gridWidth - 1) * t.strideWidth + t.originWidth + t.maxColumn;
  const inside = firstRow >= 0 && lastRow < t.height && firstColumn >= 0 && lastColumn < t.width;
  t.direct = i32(t.count == 0 || (inside && !copied));
  const everyPixel =
    t.strideHeight == 1 && t.strideWidth == 1 && t.gridHeight == t.height && t.gridWidth == t.width;
  if (t.direct && everyPixel && seamless) {
    // A 1x1 convolution does not see where one image ends and the next begins.
    t.height *= t.images;
    t.gridHeight *= t.images;
    t.images = min(t.images, 1);
  }
  t.copyWidth = lastColumn - firstColumn + 1;
  t.pixelBytes = (t.direct ? t.pixelStride : t.channels) << 2;
  t.rowBytes = t.pixelBytes * (t.direct ? t.width : t.copyWidth);
  t.positions = t.gridHeight * t.gridWidth;
  t.bandPositions = band;
  t.scratchBytes = 0;
  if (!t.direct) {
    // Rows that neighbouring bands both copy shall be few beside the others.
    const twice = max(0, t.maxRow - t.minRow + 1 - t.strideHeight);
    const tall = min(4 * twice, (t.gridHeight * t.images * t.groups) / BLOCKS);
    let rows = min(t.gridHeight, max(tall, ceilDivide(band, t.gridWidth)));
    while (rows > 1 && copyBytes(t, rows) > COPY_BYTES) rows--;
    t.bandPositions = rows * t.gridWidth;
    t.groupBytes = align16(copyBytes(t, rows));
    t.scratchBytes = copiedGroups(t.groups, t.channels) * t.groupBytes;
  }
  t.bands = ceilDivide(t.positions, t.bandPositions);
}

function copyRows(t: Taps, gridRows: i32): i32 {
  return (gridRows - 1) * t.strideHeight + t.maxRow - t.minRow + 1;
}

function copyBytes(t: Taps, gridRows: i32): i32 {
  return copyRows(t, gridRows) * t.copyWidth * t.channels * 4;
}

/**
 * Makes ready a band's rows of one image and of `groups` channel groups from `group` on, in `scratch` if they must be
 * copied. The address returned is that of the first tap's corner for column 0 of the band's first grid row; further grid
 * rows and columns follow rowBytes * strideHeight and pixelBytes * strideWidth apart, and a copy of the next group groupBytes.
 */
export function openBand(t: Taps, image: i32, group: i32, groups: i32, band: i32, scratch: usize): usize {
  const firstGridRow = (band * t.bandPositions) / t.gridWidth;
  const firstRow = firstGridRow * t.strideHeight + t.originHeight + t.minRow;
  const firstColumn = t.originWidth + t.minColumn;
  const pixels = t.input + (group * t.channels << 2);
  const imageStart = image * t.height * t.width;
  if (t.direct) {
    return pixels + ((imageStart + firstRow * t.width + firstColumn) * t.pixelStride << 2);
  }
  const lastGridRow = min(t.gridHeight, firstGridRow + t.bandPositions / t.gridWidth) - 1;
  const rows = copyRows(t, lastGridRow - firstGridRow + 1);
  const inside = min(max(t.width - firstColumn, 0), t.copyWidth);
  const before = min(max(-firstColumn, 0), inside);
  const groupBytes = t.channels << 2;
  for (let i = 0; i < rows; i++) {
    const row = firstRow + i;
    let target = scratch + i * t.rowBytes;
    if (row < 0 || row >= t.height) {
      for (let copied = 0; copied < groups; copied++) memory.fill(target + copied * t.groupBytes, 0, t.rowBytes);
      continue;
    }
    let from = pixels + ((imageStart + row * t.width + firstColumn + before) * t.pixelStride << 2);
    for (let copied = 0; copied < groups; copied++) {
      memory.fill(target, 0, before * t.pixelBytes);
      copyPixels(target + before * t.pixelBytes, from, groupBytes, t.pixelStride << 2, inside - before);
      memory.fill(target + inside * t.pixelBytes, 0, (t.copyWidth - inside) * t.pixelBytes);
      target += t.groupBytes;
      from += groupBytes;
    }
  }
  return scratch;
}

/** Copies pixels to where they follow each other. They are too short for `memory.copy` to pay one by one. */
function copyPixels(to: usize, from: usize, bytes: usize, stride: usize, count: i32): void {
  if (bytes == stride) {
    memory.copy(to, from, (count as usize) * bytes);
  } else if (bytes == 16) {
    for (const end = to + (count << 4); to < end; to += 16) {
      v128.store(to, v128.load(from));
      from += stride;
    }
  } else {
    const vectors = bytes & ~15;
    for (; count > 0; count--) {
      let i: usize = 0;
      for (; i < vectors; i += 16) v128.store(to + i, v128.load(from + i));
      for (; i < bytes; i += 4) store<f32>(to + i, load<f32>(from + i));
      to += bytes;
      from += stride;
    }
  }
}
