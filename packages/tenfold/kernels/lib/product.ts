// Matrix product over taps: for each position of a band, [taps x channels] times the packed weights, by the register tiles of
// product-tiles.ts.

import { Epilogue, finishPixels } from './epilogue';
import {
  ADDRESS_BYTES,
  LANES_POSITIONS,
  NARROW,
  NARROW_POSITIONS,
  PANEL,
  TOTALS_BYTES,
  WIDE_POSITIONS,
  lanesRow,
  lanesTile,
  narrowTile,
  wideTile,
} from './product-tiles';
import { regionOf } from './regions';
import { segmentsBytes, writeSegments } from './segments';
import { TAP_BYTES, Taps, copiedGroups, openBand } from './taps';
import { ceilDivide, fetch } from './vector';

/** A multiple of the positions of all tiles: so many, groups that are read in place do one after the other. */
const SHARED_POSITIONS: i32 = 24;

/** Positions in a band: enough for a panel of weights to be reused. */
export const PRODUCT_BAND: i32 = 64;

/** The other operands of a product. Position (i, j) of image n goes to y + n * imageBytes + i * rowBytes + j * columnBytes. */
// @ts-ignore: decorator
@unmanaged
export class Target {
  /** Packed weights of all panels of all groups. */
  packed: usize;
  bias: usize;
  /** Of the results, where those of a band follow one another; null where there is nothing more to do. */
  epilogue: Epilogue | null;
  y: usize;
  imageBytes: i32;
  rowBytes: i32;
  columnBytes: i32;
  /** Output channels of one group. */
  channels: i32;
}

export function productScratch(t: Taps): i32 {
  return TOTALS_BYTES + t.scratchBytes + segmentsBytes(t) + (t.bandPositions + NARROW_POSITIONS) * ADDRESS_BYTES;
}

export function packedBytes(inner: i32, channels: i32): i32 {
  return ceilDivide(channels, PANEL) * inner * PANEL * 4;
}

/**
 * Packs the weights of one panel of output channels, in the order in which its tiles read them. Weight (tap, channel, output)
 * is at `weight` + tap index + channel * channelStride + output * outputStride, in floats.
 */
export function packPanel(
  t: Taps,
  weight: usize,
  channelStride: i32,
  outputStride: i32,
  outputs: i32,
  panel: i32,
  packed: usize,
): void {
  const columns = min(PANEL, outputs - panel * PANEL);
  const from = weight + (panel * PANEL * outputStride << 2);
  const to = packed + panel * t.count * t.channels * PANEL * 4;
  if (columns > NARROW) packColumns(t, from, channelStride, outputStride, columns, PANEL, to);
  else if (!inVectors(t)) packColumns(t, from, channelStride, outputStride, columns, NARROW, to);
  else if (columns > 2) packVectors(t, from, channelStride, outputStride, columns, to);
  else {
    for (let o = 0; o < columns; o++) {
      const row = to + o * t.count * t.channels * 4;
      packVectors(t, from + (o * outputStride << 2), channelStride, outputStride, 1, row);
    }
  }
}

/** As [tap][channel][width], zero beyond the first `columns` channels. */
export function packColumns(
  t: Taps,
  weight: usize,
  channelStride: i32,
  outputStride: i32,
  columns: i32,
  width: i32,
  to: usize,
): void {
  for (let i = 0; i < t.count; i++) {
    const index = load<i32>(t.table + i * TAP_BYTES, 8);
    for (let c = 0; c < t.channels; c++) {
      let from = weight + (index + c * channelStride << 2);
      for (let o = 0; o < columns; o++) {
        store<f32>(to, load<f32>(from));
        to += 4;
        from += outputStride << 2;
      }
      for (let o = columns; o < width; o++) {
        store<f32>(to, 0);
        to += 4;
      }
    }
  }
}

/** As [tap][channel / 4][columns][4]. */
function packVectors(
  t: Taps,
  weight: usize,
  channelStride: i32,
  outputStride: i32,
  columns: i32,
  to: usize,
): void {
  for (let i = 0; i < t.count; i++) {
    const index = load<i32>(t.table + i * TAP_BYTES, 8);
    for (let c = 0; c < t.channels; c += 4) {
      for (let o = 0; o < columns; o++) {
        let from = weight + (index + c * channelStride + o * outputStride << 2);
        for (let lane = 0; lane < 4; lane++) {
          store<f32>(to, load<f32>(from));
          to += 4;
          from += channelStride << 2;
        }
      }
    }
  }
}

/** Whether the inner index comes in fours, so that the few channels of a narrow panel can each be sums of four lanes. */
function inVectors(t: Taps): bool {
  return (t.channels & 3) == 0;
}

/** Computes panels [firstPanel, endPanel) of one band of one image and of groups [firstGroup, endGroup). */
export function product(
  t: Taps,
  target: Target,
  image: i32,
  firstGroup: i32,
  endGroup: i32,
  band: i32,
  firstPanel: i32,
  endPanel: i32,
  scratch: usize,
): void {
  const totals = scratch;
  const copy = scratch + TOTALS_BYTES;
  const segments = copy + t.scratchBytes;
  const addresses = segments + segmentsBytes(t);
  const together = copiedGroups(t.groups, t.channels);
  const region = t.regionsEnd ? regionOf(t, band) : null;
  const segmentsEnd = writeSegments(t, region, segments);
  let x = t.input;
  let y = target.y;
  let columns = t.gridWidth;
  let rows = t.gridHeight;
  let position: i32;
  let count: i32;
  if (region) {
    const row = region.row * t.strideHeight + t.originHeight + t.minRow;
    const column = region.column * t.strideWidth + t.originWidth + t.minColumn;
    x += row * t.rowBytes + column * t.pixelBytes;
    y += region.row * target.rowBytes + region.column * target.columnBytes;
    rows = region.rows;
    columns = region.columns;
    position = (band - region.firstBand) * region.bandPositions;
    count = min(region.bandPositions, region.positions - position);
  } else {
    const first = band * t.bandPositions;
    count = min(t.bandPositions, t.positions - first);
    const row = first / columns;
    position = first - row * columns;
    x = openBand(t, image, firstGroup, min(together, endGroup - firstGroup), band, copy);
    y += image * target.imageBytes + row * target.rowBytes + (firstGroup * target.channels << 2);
  }
  writeAddresses(t, target, x, y, rows, columns, position, count, addresses);
  const groupBytes = packedBytes(t.count * t.channels, target.channels);
  const panelBytes = t.count * t.channels * PANEL * 4;
  // Groups that are read in place lie in the same cache lines, so all are done for some positions before the next ones.
  const step = t.direct && endGroup - firstGroup > 1 ? SHARED_POSITIONS : count;
  for (let first = 0; first < count; first += step) {
    const begin = addresses + first * ADDRESS_BYTES;
    const end = addresses + min(count, first + step) * ADDRESS_BYTES;
    if (step < count && t.strideHeight * t.strideWidth == 1) {
      // One group's part of each pixel would be fetched line by line when it is needed.
      const bytes = (endGroup - firstGroup) * t.channels << 2;
      fetch(load<usize>(begin), load<usize>(end - ADDRESS_BYTES) + bytes, totals);
    }
    for (let group = firstGroup; group < endGroup; group++) {
      let xOffset = (group - firstGroup) * t.channels << 2;
      if (!t.direct) {
        const copied = (group - firstGroup) % together;
        if (copied == 0 && group > firstGroup) openBand(t, image, group, min(together, endGroup - group), band, copy);
        xOffset = copied * t.groupBytes;
      }
      const yOffset = (group - firstGroup) * target.channels << 2;
      for (let panel = firstPanel; panel < endPanel; panel++) {
        const output = panel * PANEL;
        const columns = min(PANEL, target.channels - output);
        const bias = target.bias ? target.bias + (group * target.channels + output << 2) : 0;
        const weights = target.packed + group * groupBytes + panel * panelBytes;
        const y = yOffset + (output << 2);
        let at = begin;
        if (columns > NARROW) {
          for (; at < end; at += WIDE_POSITIONS * ADDRESS_BYTES) {
            wideTile(at, xOffset, y, segments, segmentsEnd, weights, bias, totals, columns);
          }
        } else if (!inVectors(t)) {
          for (; at < end; at += NARROW_POSITIONS * ADDRESS_BYTES) {
            narrowTile(at, xOffset, y, segments, segmentsEnd, weights, bias, totals, columns);
          }
        } else if (columns > 2) {
          for (; at < end; at += LANES_POSITIONS * ADDRESS_BYTES) {
            if (columns == 3) lanesTile(at, xOffset, y, segments, segmentsEnd, weights, bias, totals, 3);
            else lanesTile(at, xOffset, y, segments, segmentsEnd, weights, bias, totals, 4);
          }
        } else {
          for (let o = 0; o < columns; o++) {
            const row = weights + o * t.count * t.channels * 4;
            for (let at = begin; at < end; at += NARROW_POSITIONS * ADDRESS_BYTES) {
              lanesRow(at, xOffset, y + (o << 2), segments, segmentsEnd, row, bias ? bias + (o << 2) : 0, totals);
            }
          }
        }
      }
    }
  }
  const epilogue = target.epilogue;
  if (epilogue && firstPanel < endPanel) {
    const first = firstPanel * PANEL;
    const channels = min(endPanel * PANEL, target.channels) - first;
    // Groups follow each other where all of their channels are there.
    const joined = channels == target.channels ? endGroup - firstGroup : 1;
    for (let group = firstGroup; group < endGroup; group += joined) {
      const start = group * target.channels + first;
      const offset = ((group - firstGroup) * target.channels + first) << 2;
      for (let i = 0, pixels = 0; i < count; i += pixels) {
        const from = addresses + i * ADDRESS_BYTES;
        pixels = 1;
        while (i + pixels < count && follows(from + pixels * ADDRESS_BYTES, target)) pixels++;
        finishPixels(epilogue, load<usize>(from, 4) + offset, pixels, target.columnBytes, start, channels * joined);
      }
    }
  }
}

/** Whether the result of a position follows that of the one before. */
// @ts-ignore: decorator
@inline
function follows(address: usize, target: Target): bool {
  return load<usize>(address, 4) == load<usize>(address - ADDRESS_BYTES, 4) + target.columnBytes;
}

/**
 * The addresses of the first tap and of the result of `count` positions, from number `first` on of a rectangle of every
 * image, whose first position has those at x and y. The last one fills up the last tile.
 */
function writeAddresses(
  t: Taps,
  target: Target,
  x: usize,
  y: usize,
  rows: i32,
  columns: i32,
  first: i32,
  count: i32,
  addresses: usize,
): void {
  let image = first / (rows * columns);
  first -= image * rows * columns;
  let row = first / columns;
  let column = first - row * columns;
  const xStep = t.pixelBytes * t.strideWidth;
  const end = addresses + count * ADDRESS_BYTES;
  while (addresses < end) {
    let xRow = x + (image * t.height + row * t.strideHeight) * t.rowBytes + column * xStep;
    let yRow = y + image * target.imageBytes + row * target.rowBytes + column * target.columnBytes;
    for (; column < columns && addresses < end; column++) {
      store<usize>(addresses, xRow);
      store<usize>(addresses, yRow, 4);
      xRow += xStep;
      yRow += target.columnBytes;
      addresses += ADDRESS_BYTES;
    }
    column = 0;
    if (++row == rows) {
      row = 0;
      image++;
    }
  }
  const last = load<u64>(end - ADDRESS_BYTES);
  for (let i = 0; i < NARROW_POSITIONS; i++) store<u64>(end + i * ADDRESS_BYTES, last);
}
