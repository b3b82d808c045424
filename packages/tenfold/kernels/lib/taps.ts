// A convolution, or one residue class of its input gradient, as a walk over taps: for every position of a grid, some
// pixels of an image (one a tap), each with its channels. `Taps` says which pixels. How they are walked over, in bands of
// positions, is in lib/bands.ts.

/** At least so many blocks, so that the threads finish together. */
export const BLOCKS: i32 = 16;

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
  /** Where the regions end in which the image is read in place (lib/regions.ts); null where bands are copied. */
  regionsEnd: usize;
  rowBytes: i32;
  pixelBytes: i32;
  copyWidth: i32;
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
