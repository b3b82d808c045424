// How an image is cut into the tiles of lib/winograd.ts. A convolution with dilation d is d * d dense ones, each of them
// on the pixels of one residue modulo d in either direction; so its tiles are dense ones whose pixels lie d apart.

import { ceilDivide } from './vector';
import { PIXELS, RESULTS, transformGradients, transformPixels } from './winograd';

/** The tiles of all images of the results of a 3x3 convolution with stride 1. */
// @ts-ignore: decorator
@unmanaged
export class Tiles {
  dilationHeight: i32;
  dilationWidth: i32;
  /** Tiles of one residue, of those with the most. */
  rows: i32;
  columns: i32;
  /** Of all residues of one image. */
  perImage: i32;
  count: i32;
}

/** The images that tiles lie in. */
// @ts-ignore: decorator
@unmanaged
export class Plane {
  data: usize;
  height: i32;
  width: i32;
  pixelBytes: i32;
  channels: i32;
  /** Where the first tile begins. */
  top: i32;
  left: i32;
  /** What stands for pixels outside: the address of a row of zeros, or 0 where nobody reads them. */
  outside: usize;
}

export function setPlane(
  plane: Plane,
  data: usize,
  height: i32,
  width: i32,
  channels: i32,
  pixelStride: i32,
  top: i32,
  left: i32,
  outside: usize,
): void {
  plane.data = data;
  plane.height = height;
  plane.width = width;
  plane.pixelBytes = pixelStride << 2;
  plane.channels = channels;
  plane.top = top;
  plane.left = left;
  plane.outside = outside;
}

export function cutTiles(
  tiles: Tiles,
  images: i32,
  height: i32,
  width: i32,
  dilationHeight: i32,
  dilationWidth: i32,
): void {
  tiles.dilationHeight = dilationHeight;
  tiles.dilationWidth = dilationWidth;
  tiles.rows = ceilDivide(ceilDivide(height, dilationHeight), RESULTS);
  tiles.columns = ceilDivide(ceilDivide(width, dilationWidth), RESULTS);
  tiles.perImage = dilationHeight * dilationWidth * tiles.rows * tiles.columns;
  tiles.count = images * tiles.perImage;
}

export function countTiles(images: i32, height: i32, width: i32, dilationHeight: i32, dilationWidth: i32): i32 {
  const rows = dilationHeight * ceilDivide(ceilDivide(height, dilationHeight), RESULTS);
  const columns = dilationWidth * ceilDivide(ceilDivide(width, dilationWidth), RESULTS);
  return images * rows * columns;
}

/** Writes the addresses of the `side` by `side` pixels of a tile, row by row. */
export function locate(tiles: Tiles, tile: i32, plane: Plane, side: i32, addresses: usize): void {
  const image = tile / tiles.perImage;
  let rest = tile - image * tiles.perImage;
  const column = rest % tiles.columns;
  rest /= tiles.columns;
  const row = rest % tiles.rows;
  rest /= tiles.rows;
  const downStep = tiles.dilationHeight;
  const rightStep = tiles.dilationWidth;
  const top = plane.top + rest / rightStep + row * RESULTS * downStep;
  const left = plane.left + (rest % rightStep) + column * RESULTS * rightStep;
  const rowBytes = plane.width * plane.pixelBytes;
  const outside = plane.outside;
  const columnBytes = rightStep * plane.pixelBytes;
  const isWithin = left >= 0 && left + (side - 1) * rightStep < plane.width;
  let y = top;
  for (let i = 0; i < side; i++) {
    const inside = y >= 0 && y < plane.height;
    let address = plane.data + (image * plane.height + y) * rowBytes + left * plane.pixelBytes;
    let x = left;
    for (let j = 0; j < side; j++) {
      store<usize>(addresses, inside && (isWithin || (x >= 0 && x < plane.width)) ? address : outside);
      addresses += 4;
      address += columnBytes;
      x += rightStep;
    }
    y += downStep;
  }
}

/** Bytes of scratch that work on so many tiles at a time needs: vectors half-way through a transform, and addresses. */
// @ts-ignore: decorator
@inline
export function tileScratch(tiles: i32): i32 {
  return HALF_BYTES + tiles * TILE_ADDRESSES;
}

const HALF_BYTES: i32 = PIXELS * PIXELS * 16;
const TILE_ADDRESSES: i32 = PIXELS * PIXELS * 4;

/**
 * B' x B of `count` tiles from `first` on: channels 4 * i to 4 * i + 3 of tile t and plane p go to `to` + t * tileBytes +
 * p * planeBytes + i * groupBytes. Lanes of the last group that are no channels hold numbers without meaning.
 *
 * The tiles take turns channel by channel, so that those whose results share cache lines write to them while they are near.
 */
export function transformTiles(
  tiles: Tiles,
  first: i32,
  count: i32,
  plane: Plane,
  to: usize,
  tileBytes: i32,
  planeBytes: i32,
  groupBytes: i32,
  scratch: usize,
): void {
  const half = scratch;
  const addresses = scratch + HALF_BYTES;
  for (let tile = 0; tile < count; tile++) {
    locate(tiles, first + tile, plane, PIXELS, addresses + tile * TILE_ADDRESSES);
  }
  const end = plane.channels << 2;
  for (let offset = 0; offset < end; offset += 16, to += groupBytes) {
    for (let tile = 0; tile < count; tile++) {
      let at = addresses + tile * TILE_ADDRESSES;
      for (let j = 0; j < PIXELS; j++, at += 4) {
        transformPixels(
          v128.load(load<usize>(at) + offset),
          v128.load(load<usize>(at, 24) + offset),
          v128.load(load<usize>(at, 48) + offset),
          v128.load(load<usize>(at, 72) + offset),
          v128.load(load<usize>(at, 96) + offset),
          v128.load(load<usize>(at, 120) + offset),
          half + (j << 4),
          PIXELS << 4,
        );
      }
      let target = to + tile * tileBytes;
      for (let i = 0; i < PIXELS; i++, target += PIXELS * planeBytes) {
        const row = half + i * (PIXELS << 4);
        transformPixels(
          v128.load(row),
          v128.load(row, 16),
          v128.load(row, 32),
          v128.load(row, 48),
          v128.load(row, 64),
          v128.load(row, 80),
          target,
          planeBytes,
        );
      }
    }
  }
}

/**
 * A y A' of `count` tiles of gradients from `first` on: channels 8 * i to 8 * i + 7 of tile t and plane p go to `to` +
 * t * tileBytes + p * planeBytes + i * panelBytes. Lanes of the last panel that are no channels hold numbers without meaning.
 */
export function transformGradientTiles(
  tiles: Tiles,
  first: i32,
  count: i32,
  plane: Plane,
  to: usize,
  tileBytes: i32,
  planeBytes: i32,
  panelBytes: i32,
  scratch: usize,
): void {
  const half = scratch;
  const addresses = scratch + HALF_BYTES;
  for (let tile = 0; tile < count; tile++) {
    locate(tiles, first + tile, plane, RESULTS, addresses + tile * TILE_ADDRESSES);
  }
  const end = plane.channels << 2;
  for (let offset = 0; offset < end; offset += 16) {
    for (let tile = 0; tile < count; tile++) {
      let at = addresses + tile * TILE_ADDRESSES;
      for (let j = 0; j < RESULTS; j++, at += 4) {
        transformGradients(
          v128.load(load<usize>(at) + offset),
          v128.load(load<usize>(at, 16) + offset),
          v128.load(load<usize>(at, 32) + offset),
          v128.load(load<usize>(at, 48) + offset),
          half + (j << 4),
          RESULTS << 4,
        );
      }
      let target = to + tile * tileBytes + (offset >> 5) * panelBytes + (offset & 16);
      for (let i = 0; i < PIXELS; i++, target += PIXELS * planeBytes) {
        const row = half + i * (RESULTS << 4);
        transformGradients(
          v128.load(row),
          v128.load(row, 16),
          v128.load(row, 32),
          v128.load(row, 48),
          target,
          planeBytes,
        );
      }
    }
  }
}
