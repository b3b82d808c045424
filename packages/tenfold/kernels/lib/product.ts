// Matrix product over taps: for each position of a band, [taps x channels] times the packed weights, by the register tiles of
// product-tiles.ts.

import { BAND_BYTES, Band, Pixels, copiedGroups, copyBand, openBand, xAt, yAt } from './bands';
import { Epilogue, finishPixels } from './epilogue';
import {
  ADDRESS_BYTES,
  NARROW,
  NARROW_POSITIONS,
  PANEL,
  TOTALS_BYTES,
  fourLanes,
  lanesRow,
  narrowTile,
  threeLanes,
  wideTile,
} from './product-tiles';
import { segmentsBytes, writeSegments } from './segments';
import { TAP_BYTES, Taps } from './taps';
import { ceilDivide, fetch } from './vector';

/** A multiple of the positions of all tiles: so many, groups that are read in place do one after the other. */
const SHARED_POSITIONS: i32 = 24;

/** Positions in a band: enough for a panel of weights to be reused. */
export const PRODUCT_BAND: i32 = 64;

/** The other operands of a product: results, and what they are made of. */
// @ts-ignore: decorator
@unmanaged
export class Target extends Pixels {
  /** Packed weights of all panels of all groups. */
  packed: usize;
  bias: usize;
  /** Of the results, where those of a band follow one another; null where there is nothing more to do. */
  epilogue: Epilogue | null;
}

export function productScratch(t: Taps): i32 {
  return TOTALS_BYTES + BAND_BYTES + t.scratchBytes + segmentsBytes(t) + (t.bandPositions + NARROW_POSITIONS) * ADDRESS_BYTES;
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

/** Computes panels [firstPanel, endPanel) of band number `index` of one image and of groups [firstGroup, endGroup). */
export function product(
  t: Taps,
  target: Target,
  image: i32,
  firstGroup: i32,
  endGroup: i32,
  index: i32,
  firstPanel: i32,
  endPanel: i32,
  scratch: usize,
): void {
  const totals = scratch;
  const copy = scratch + TOTALS_BYTES + BAND_BYTES;
  const segments = copy + t.scratchBytes;
  const addresses = segments + segmentsBytes(t);
  const together = copiedGroups(t.groups, t.channels);
  const band = changetype<Band>(scratch + TOTALS_BYTES);
  openBand(t, target, image, firstGroup, min(together, endGroup - firstGroup), index, copy, band);
  const segmentsEnd = writeSegments(t, band.region, segments);
  const count = band.count;
  writeAddresses(t, target, band, addresses);
  const groupBytes = packedBytes(t.count * t.channels, target.channels);
  const panelBytes = t.count * t.channels * PANEL * 4;
  // Groups that are read in place lie in the same cache lines, so all are done for some positions before the next ones.
  const step = t.regionsEnd && endGroup - firstGroup > 1 ? SHARED_POSITIONS : count;
  for (let first = 0; first < count; first += step) {
    const begin = addresses + first * ADDRESS_BYTES;
    const end = addresses + min(count, first + step) * ADDRESS_BYTES;
    if (step < count && t.count > 0 && t.strideHeight * t.strideWidth == 1) {
      // One group's part of each pixel would be fetched line by line when it is needed.
      const bytes = (endGroup - firstGroup) * t.channels << 2;
      fetch(load<usize>(begin), load<usize>(end - ADDRESS_BYTES) + bytes, totals);
    }
    for (let group = firstGroup; group < endGroup; group++) {
      let xOffset = (group - firstGroup) * t.channels << 2;
      if (!t.regionsEnd) {
        const copied = (group - firstGroup) % together;
        if (copied == 0 && group > firstGroup) copyBand(t, image, group, min(together, endGroup - group), index, copy);
        xOffset = copied * t.groupBytes;
      }
      const yOffset = (group - firstGroup) * target.channels << 2;
      for (let panel = firstPanel; panel < endPanel; panel++) {
        const output = panel * PANEL;
        const columns = min(PANEL, target.channels - output);
        const bias = target.bias ? target.bias + (group * target.channels + output << 2) : 0;
        const weights = target.packed + group * groupBytes + panel * panelBytes;
        const y = yOffset + (output << 2);
        if (columns > NARROW) {
          wideTile(begin, end, xOffset, y, segments, segmentsEnd, weights, bias, totals, columns);
        } else if (!inVectors(t)) {
          narrowTile(begin, end, xOffset, y, segments, segmentsEnd, weights, bias, totals, columns);
        } else if (columns == 4) {
          fourLanes(begin, end, xOffset, y, segments, segmentsEnd, weights, bias, totals);
        } else if (columns == 3) {
          threeLanes(begin, end, xOffset, y, segments, segmentsEnd, weights, bias, totals);
        } else {
          for (let o = 0; o < columns; o++) {
            const row = weights + o * t.count * t.channels * 4;
            lanesRow(begin, end, xOffset, y + (o << 2), segments, segmentsEnd, row, bias ? bias + (o << 2) : 0, totals);
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

/** Of each position of the band the addresses of its first tap and of its result; the last one fills up the last tile. */
function writeAddresses(t: Taps, target: Target, band: Band, addresses: usize): void {
  const columns = band.columns;
  const xStep = t.pixelBytes * t.strideWidth;
  const end = addresses + band.count * ADDRESS_BYTES;
  let row = band.first / columns;
  let column = band.first - row * columns;
  while (addresses < end) {
    let x = xAt(t, band, row) + column * xStep;
    let y = yAt(target, band, row) + column * target.columnBytes;
    for (; column < columns && addresses < end; column++) {
      store<usize>(addresses, x);
      store<usize>(addresses, y, 4);
      x += xStep;
      y += target.columnBytes;
      addresses += ADDRESS_BYTES;
    }
    column = 0;
    row++;
  }
  const last = load<u64>(end - ADDRESS_BYTES);
  for (let i = 0; i < NARROW_POSITIONS; i++) store<u64>(end + i * ADDRESS_BYTES, last);
}
