// How a walk over taps (lib/taps.ts) goes over its grid, band by band: either over regions of the image itself, or over
// padded copies of the rows that bands need.

import { Region, cutRegions, regionOf } from './regions';
import { BLOCKS, Taps } from './taps';
import { align16, ceilDivide } from './vector';

const LINE_BYTES: i32 = 64;

/** A band's copy may take so many bytes, to stay in cache. */
const COPY_BYTES: i32 = 393216;

/** What lies at positions of the grid: that of (i, j) of image n at y + n * imageBytes + i * rowBytes + j * columnBytes. */
// @ts-ignore: decorator
@unmanaged
export class Pixels {
  y: usize;
  imageBytes: i32;
  rowBytes: i32;
  columnBytes: i32;
  /** Of one group. */
  channels: i32;
}

/** A band: `count` positions from number `first` on of a rectangle of every image. */
// @ts-ignore: decorator
@unmanaged
export class Band {
  /** Where the first tap of the rectangle's first position looks in the first image, and what lies at that position. */
  x: usize;
  y: usize;
  rows: i32;
  columns: i32;
  first: i32;
  count: i32;
  /** Whose taps the positions see; null where they see all. */
  region: Region | null;
}

/** A cache line, so that copies behind it keep theirs. */
export const BAND_BYTES: i32 = 64;

/** So many groups, whose pixels share cache lines, are copied together. */
export function copiedGroups(groups: i32, channels: i32): i32 {
  return min(groups, max(1, LINE_BYTES / (channels << 2)));
}

/**
 * Derives how the grid is walked, once all taps are there: in bands of about `band` positions, in regions if there is room
 * for them (`regionsBytes`) and they pay. Taps of which a region sees some only must have a multiple of so many channels.
 */
export function finish(t: Taps, regions: usize, band: i32, multiple: i32 = 1): void {
  t.bandPositions = band;
  t.bands = 0;
  t.scratchBytes = 0;
  t.regionsEnd = 0;
  if (t.gridHeight * t.gridWidth == 0) return;
  if (regions && cutRegions(t, regions, band, multiple)) {
    t.pixelBytes = t.pixelStride << 2;
    t.rowBytes = t.pixelBytes * t.width;
    t.images = min(t.images, 1);
    return;
  }
  t.regionsEnd = 0;
  t.copyWidth = (t.gridWidth - 1) * t.strideWidth + t.maxColumn - t.minColumn + 1;
  t.pixelBytes = t.channels << 2;
  t.rowBytes = t.pixelBytes * t.copyWidth;
  // Rows that neighbouring bands both copy shall be few beside the others.
  const twice = max(0, t.maxRow - t.minRow + 1 - t.strideHeight);
  const tall = min(4 * twice, (t.gridHeight * t.images * t.groups) / BLOCKS);
  let rows = min(t.gridHeight, max(tall, ceilDivide(band, t.gridWidth)));
  while (rows > 1 && copyBytes(t, rows) > COPY_BYTES) rows--;
  t.bandPositions = rows * t.gridWidth;
  t.groupBytes = align16(copyBytes(t, rows));
  t.scratchBytes = copiedGroups(t.groups, t.channels) * t.groupBytes;
  t.bands = ceilDivide(t.gridHeight, rows);
}

function copyRows(t: Taps, gridRows: i32): i32 {
  return (gridRows - 1) * t.strideHeight + t.maxRow - t.minRow + 1;
}

function copyBytes(t: Taps, gridRows: i32): i32 {
  return copyRows(t, gridRows) * t.copyWidth * t.channels * 4;
}

/**
 * Makes ready a band of one image and of `groups` channel groups from `group` on, in `copy` if it must be copied. A copy of
 * the next group lies groupBytes further.
 */
export function openBand(
  t: Taps,
  pixels: Pixels,
  image: i32,
  group: i32,
  groups: i32,
  index: i32,
  copy: usize,
  band: Band,
): void {
  const y = pixels.y + (group * pixels.channels << 2);
  if (t.regionsEnd) {
    const region = regionOf(t, index);
    const row = region.row * t.strideHeight + t.originHeight + t.minRow;
    const column = region.column * t.strideWidth + t.originWidth + t.minColumn;
    band.x = t.input + (group * t.channels << 2) + row * t.rowBytes + column * t.pixelBytes;
    band.y = y + region.row * pixels.rowBytes + region.column * pixels.columnBytes;
    band.rows = region.rows;
    band.columns = region.columns;
    band.first = (index - region.firstBand) * t.bandPositions;
    band.count = min(t.bandPositions, region.positions - band.first);
    band.region = region;
    return;
  }
  const rows = t.bandPositions / t.gridWidth;
  const row = index * rows;
  copyBand(t, image, group, groups, index, copy);
  band.x = copy;
  band.y = y + image * pixels.imageBytes + row * pixels.rowBytes;
  band.rows = min(rows, t.gridHeight - row);
  band.columns = t.gridWidth;
  band.first = 0;
  band.count = band.rows * band.columns;
  band.region = null;
}

/** Where the first tap of the first position looks in row number `row` of the rectangles of all images. */
export function xAt(t: Taps, band: Band, row: i32): usize {
  const image = row / band.rows;
  return band.x + (image * t.height + (row - image * band.rows) * t.strideHeight) * t.rowBytes;
}

/** What lies at the first position of that row. */
export function yAt(pixels: Pixels, band: Band, row: i32): usize {
  const image = row / band.rows;
  return band.y + image * pixels.imageBytes + (row - image * band.rows) * pixels.rowBytes;
}

/** Copies the rows that a band needs. */
export function copyBand(t: Taps, image: i32, group: i32, groups: i32, band: i32, copy: usize): void {
  const gridRows = t.bandPositions / t.gridWidth;
  const firstGridRow = band * gridRows;
  const firstRow = firstGridRow * t.strideHeight + t.originHeight + t.minRow;
  const firstColumn = t.originWidth + t.minColumn;
  const pixels = t.input + (group * t.channels << 2);
  const imageStart = image * t.height * t.width;
  const rows = copyRows(t, min(gridRows, t.gridHeight - firstGridRow));
  const inside = min(max(t.width - firstColumn, 0), t.copyWidth);
  const before = min(max(-firstColumn, 0), inside);
  const groupBytes = t.channels << 2;
  for (let i = 0; i < rows; i++) {
    const row = firstRow + i;
    let target = copy + i * t.rowBytes;
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
