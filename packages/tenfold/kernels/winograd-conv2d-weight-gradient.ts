// Weight gradient of a dense 3x3 convolution with stride 1 by Winograd's F(4x4, 3x3) (lib/winograd.ts): tiles of pixels
// and of gradients are transformed, multiplied and summed over tiles, plane by plane, and the sums combined to the nine
// weights once at the end.
//
// Tiles are done in goes: all threads transform, then all threads multiply, each sum being owned by one of them. A go's
// products are summed by themselves and then added to the sums of the goes before, in order.

import { PANEL } from './lib/product-tiles';
import { SUMS_BYTES, sumProducts } from './lib/sums-of-products';
import { ceilDivide } from './lib/vector';
import { PIXELS, PLANES, combineWeightGradients, planeStride } from './lib/winograd';
import {
  Plane,
  TILE_SCRATCH,
  Tiles,
  countTiles,
  cutTiles,
  setPlane,
  transformGradientTile,
  transformTile,
} from './lib/winograd-tiles';

/** Input channels in a register tile, beside a panel of output channels. */
const GROUP: i32 = 4;
/** Tiles that one block transforms: whole cache lines, lest two threads write to one. */
const TILES: i32 = 4;
/**
 * Transformed pixels and gradients of one go may take so many bytes, and as many as the sums, which each go reads and
 * writes, up to this limit.
 */
const GO_BYTES: i32 = 8388608;
const MOST_GO_BYTES: i32 = 16777216;
/** Input channels whose weights one block combines. */
const COMBINED_CHANNELS: i32 = 32;

// @ts-ignore: decorator
@unmanaged
class WinogradConv2dWeightGradient {
  batch: i32;
  inHeight: i32;
  inWidth: i32;
  inChannels: i32;
  outHeight: i32;
  outWidth: i32;
  outChannels: i32;
  dilationHeight: i32;
  dilationWidth: i32;
  paddingTop: i32;
  paddingLeft: i32;
  x: usize;
  xPixelStride: i32;
  gradient: usize;
  gradientPixelStride: i32;
  weightGradient: usize;
  workspace: usize;
}

/** The workspace begins with it: where everything lies, and how tiles are divided. */
// @ts-ignore: decorator
@unmanaged
class SumsPlan extends Tiles {
  /** Transformed pixels, [plane][group][tile][4]. */
  pixels: usize;
  pixelPlane: i32;
  groups: i32;
  /** Transformed gradients, [plane][panel][tile][8]. */
  gradients: usize;
  gradientPlane: i32;
  panels: i32;
  /** Sums over tiles, [plane][group][panel][4][8]. */
  sums: usize;
  sumPlane: i32;
  goTiles: i32;
  goes: i32;
}

const X: i32 = offsetof<SumsPlan>();
const GRADIENT: i32 = X + offsetof<Plane>();
const ZEROS: i32 = (GRADIENT + offsetof<Plane>() + 63) & ~63;

function planOf(d: WinogradConv2dWeightGradient): SumsPlan {
  return changetype<SumsPlan>(d.workspace);
}

function groupsIn(d: WinogradConv2dWeightGradient): i32 {
  return ceilDivide(d.inChannels, GROUP);
}

function panelsIn(d: WinogradConv2dWeightGradient): i32 {
  return ceilDivide(d.outChannels, PANEL);
}

function tilesIn(d: WinogradConv2dWeightGradient): i32 {
  return countTiles(d.batch, d.outHeight, d.outWidth, d.dilationHeight, d.dilationWidth);
}

/** At least one: it is the first go that puts zeros where there is nothing to sum. */
function goesOf(d: WinogradConv2dWeightGradient): i32 {
  const tileBytes = PLANES * (groupsIn(d) * 16 + panelsIn(d) * 32);
  const bytes = min(MOST_GO_BYTES, max(GO_BYTES, PLANES * sumPlane(d)));
  return max(1, ceilDivide(tilesIn(d), max(TILES, bytes / tileBytes)));
}

function goTilesOf(d: WinogradConv2dWeightGradient): i32 {
  return ceilDivide(ceilDivide(tilesIn(d), goesOf(d)), TILES) * TILES;
}

/** Bytes of a row of zeros as long as the pixels of either image. */
function zeroBytes(d: WinogradConv2dWeightGradient): i32 {
  return ceilDivide(max(d.inChannels, d.outChannels), 16) * 64;
}

function pixelPlane(d: WinogradConv2dWeightGradient): i32 {
  return planeStride(groupsIn(d) * goTilesOf(d) * 16);
}

function gradientPlane(d: WinogradConv2dWeightGradient): i32 {
  return planeStride(panelsIn(d) * goTilesOf(d) * 32);
}

function sumPlane(d: WinogradConv2dWeightGradient): i32 {
  return planeStride(groupsIn(d) * panelsIn(d) * SUMS_BYTES);
}

export function winogradConv2dWeightGradientWorkspace(d: WinogradConv2dWeightGradient): i32 {
  return ZEROS + zeroBytes(d) + PLANES * (pixelPlane(d) + gradientPlane(d) + sumPlane(d));
}

export function winogradConv2dWeightGradientScratch(d: WinogradConv2dWeightGradient): i32 {
  return TILE_SCRATCH;
}

/** After the first phase two for each go, and one in the end. */
export function winogradConv2dWeightGradientBlocks(d: WinogradConv2dWeightGradient, phase: i32): i32 {
  if (phase == 0) return 1;
  const p = planOf(d);
  const go = (phase - 1) >> 1;
  if (go < p.goes) return (phase & 1) == 1 ? ceilDivide(tilesOfGo(p, go), TILES) : PLANES * groupParts(p);
  if (phase == 2 * p.goes + 1) return p.panels * ceilDivide(d.inChannels, COMBINED_CHANNELS);
  return -1;
}

function tilesOfGo(p: SumsPlan, go: i32): i32 {
  return max(0, min(p.goTiles, p.count - go * p.goTiles));
}

/** Into how many parts a plane's groups are divided, so that the threads finish together. */
function groupParts(p: SumsPlan): i32 {
  return min(4, p.groups);
}

export function winogradConv2dWeightGradient(
  d: WinogradConv2dWeightGradient,
  phase: i32,
  block: i32,
  scratch: usize,
): void {
  if (phase == 0) {
    plan(d);
    return;
  }
  const p = planOf(d);
  const go = (phase - 1) >> 1;
  if (go >= p.goes) combine(d, p, block, scratch);
  else if ((phase & 1) == 1) transform(d, p, go, block, scratch);
  else multiply(p, go, block);
}

function plan(d: WinogradConv2dWeightGradient): void {
  const p = planOf(d);
  cutTiles(p, d.batch, d.outHeight, d.outWidth, d.dilationHeight, d.dilationWidth);
  p.groups = groupsIn(d);
  p.panels = panelsIn(d);
  p.goes = goesOf(d);
  p.goTiles = goTilesOf(d);
  p.pixelPlane = pixelPlane(d);
  p.gradientPlane = gradientPlane(d);
  p.sumPlane = sumPlane(d);
  const zeros = d.workspace + ZEROS;
  memory.fill(zeros, 0, zeroBytes(d));
  p.pixels = zeros + zeroBytes(d);
  p.gradients = p.pixels + PLANES * p.pixelPlane;
  p.sums = p.gradients + PLANES * p.gradientPlane;
  const x = changetype<Plane>(d.workspace + X);
  const gradient = changetype<Plane>(d.workspace + GRADIENT);
  setPlane(x, d.x, d.inHeight, d.inWidth, d.inChannels, d.xPixelStride, -d.paddingTop, -d.paddingLeft, zeros);
  setPlane(gradient, d.gradient, d.outHeight, d.outWidth, d.outChannels, d.gradientPixelStride, 0, 0, zeros);
}

function transform(d: WinogradConv2dWeightGradient, p: SumsPlan, go: i32, block: i32, scratch: usize): void {
  const x = changetype<Plane>(d.workspace + X);
  const gradient = changetype<Plane>(d.workspace + GRADIENT);
  const begin = block * TILES;
  const end = min(tilesOfGo(p, go), begin + TILES);
  const groupBytes = p.goTiles * 16;
  const panelBytes = p.goTiles * 32;
  for (let tile = begin; tile < end; tile++) {
    transformTile(p, go * p.goTiles + tile, x, p.pixels + tile * 16, p.pixelPlane, groupBytes, scratch);
  }
  for (let tile = begin; tile < end; tile++) {
    const to = p.gradients + tile * 32;
    transformGradientTile(p, go * p.goTiles + tile, gradient, to, p.gradientPlane, panelBytes, scratch);
  }
}

function multiply(p: SumsPlan, go: i32, block: i32): void {
  const parts = groupParts(p);
  const plane = block / parts;
  const part = block - plane * parts;
  const firstGroup = (p.groups * part) / parts;
  const endGroup = (p.groups * (part + 1)) / parts;
  const tiles = tilesOfGo(p, go);
  const pixels = p.pixels + plane * p.pixelPlane;
  const gradients = p.gradients + plane * p.gradientPlane;
  const sums = p.sums + plane * p.sumPlane;
  for (let panel = 0; panel < p.panels; panel++) {
    const from = gradients + panel * p.goTiles * 32;
    for (let group = firstGroup; group < endGroup; group++) {
      const to = sums + (group * p.panels + panel) * SUMS_BYTES;
      sumProducts(pixels + group * p.goTiles * 16, from, tiles, to, go == 0);
    }
  }
}

/** G' S G of the sums of eight output channels and some input channels, in the weight's order [out, in, 3, 3]. */
function combine(d: WinogradConv2dWeightGradient, p: SumsPlan, block: i32, scratch: usize): void {
  const parts = ceilDivide(d.inChannels, COMBINED_CHANNELS);
  const panel = block / parts;
  const begin = (block - panel * parts) * COMBINED_CHANNELS;
  const end = min(d.inChannels, begin + COMBINED_CHANNELS);
  const half = scratch;
  const weights = scratch + 3 * PIXELS * 16;
  for (let output = panel * PANEL; output < min(d.outChannels, (panel + 1) * PANEL); output += 4) {
    const count = d.outChannels - output;
    for (let channel = begin; channel < end; channel++) {
      const group = channel / GROUP;
      const row = (group * p.panels + panel) * SUMS_BYTES + (channel - group * GROUP) * PANEL * 4;
      const from = p.sums + row + ((output & 4) << 2);
      for (let j = 0; j < PIXELS; j++) {
        combineWeightGradients(from + j * p.sumPlane, PIXELS * p.sumPlane, half + (j << 4), PIXELS << 4);
      }
      for (let i = 0; i < 3; i++) {
        combineWeightGradients(half + i * (PIXELS << 4), 16, weights + i * 48, 16);
      }
      let to = d.weightGradient + ((output * d.inChannels + channel) * 9 << 2);
      for (let lane = 0; lane < min(count, 4); lane++) {
        for (let tap = 0; tap < 9; tap++) {
          store<f32>(to + (tap << 2), load<f32>(weights + (tap << 4) + (lane << 2)));
        }
        to += d.inChannels * 36;
      }
    }
  }
}
