// A grid of positions (lib/taps.ts) cut into rectangles whose positions see the same taps inside the image. A product over
// taps then reads the image where it lies, and takes no products with what is not there. A band is some positions of one
// rectangle, of all images.

import { TAP_BYTES, Taps } from './taps';
import { ceilDivide } from './vector';

/** From so many channels on, pixels that do not follow one another are read in place, too. */
const LONG_PIXELS: i32 = 32;

/** What is at the borders is fetched and stored once more: the products may take no more than this share of what they took. */
const PAYS: f64 = 0.97;

/** Positions in the usual register tile of products. */
const TILE: i32 = 4;

// @ts-ignore: decorator
@unmanaged
export class Region {
  row: i32;
  rows: i32;
  column: i32;
  columns: i32;
  /** Of all images. */
  positions: i32;
  firstBand: i32;
}

/** A tap enters the grid and leaves it again, in rows and in columns: so many bytes suffice for so many taps. */
export function regionsBytes(taps: i32, stages: i32): i32 {
  return (8 * taps + stages) * offsetof<Region>();
}

/** Writes the regions, of about `band` positions in a band. Says whether they pay; `multiple` as in `finish`. */
export function cutRegions(t: Taps, regions: usize, band: i32, multiple: i32): bool {
  // Sums over positions, whose taps must have a multiple of channels, cost more to begin.
  const tile = TILE * multiple;
  const everywhere = f64(t.images) * tilesIn(t.gridHeight * t.gridWidth, tile, band) * f64(t.count);
  let tiles: f64 = 0;
  let isPadded = false;
  let bands = 0;
  let next = regions;
  for (let row = 0; row < t.gridHeight; ) {
    const rowEnd = nextEdge(t, 0, row, t.gridHeight, t.originHeight, t.strideHeight, t.height);
    for (let column = 0; column < t.gridWidth; ) {
      const columnEnd = nextEdge(t, 4, column, t.gridWidth, t.originWidth, t.strideWidth, t.width);
      const region = changetype<Region>(next);
      region.row = row;
      region.rows = rowEnd - row;
      region.column = column;
      region.columns = columnEnd - column;
      region.positions = t.images * region.rows * region.columns;
      region.firstBand = bands;
      bands += ceilDivide(region.positions, band);
      let inside = 0;
      for (let i = 0; i < t.count; i++) inside += i32(isInside(t, region, t.table + i * TAP_BYTES));
      if (inside < t.count) isPadded = true;
      tiles += tilesIn(region.positions, tile, band) * f64(inside);
      next += offsetof<Region>();
      column = columnEnd;
    }
    row = rowEnd;
  }
  t.bands = bands;
  t.regionsEnd = next;
  if (!isPadded) return true;
  const isShort = t.pixelStride > t.channels && t.channels < LONG_PIXELS;
  return !isShort && t.groups == 1 && t.channels % multiple == 0 && tiles < PAYS * everywhere;
}

/** The tiles of so many positions; a band takes as long as another tile to begin. */
function tilesIn(positions: i32, tile: i32, band: i32): f64 {
  return f64(ceilDivide(positions, tile) + ceilDivide(positions, band));
}

/** Where, after `from`, a tap first enters the image or leaves it: in rows, or in columns, whose taps lie `at` bytes on. */
function nextEdge(t: Taps, at: i32, from: i32, end: i32, origin: i32, stride: i32, side: i32): i32 {
  for (let i = 0; i < t.count; i++) {
    const first = origin + load<i32>(t.table + i * TAP_BYTES + at);
    const enters = ceilDivide(max(0, -first), stride);
    const leaves = ceilDivide(max(0, side - first), stride);
    if (enters > from) end = min(end, enters);
    if (leaves > from) end = min(end, leaves);
  }
  return end;
}

export function isInside(t: Taps, region: Region, tap: usize): bool {
  const row = region.row * t.strideHeight + t.originHeight + load<i32>(tap);
  const column = region.column * t.strideWidth + t.originWidth + load<i32>(tap, 4);
  return u32(row) < u32(t.height) && u32(column) < u32(t.width);
}

export function regionOf(t: Taps, band: i32): Region {
  let region = t.regionsEnd - offsetof<Region>();
  while (changetype<Region>(region).firstBand > band) region -= offsetof<Region>();
  return changetype<Region>(region);
}
