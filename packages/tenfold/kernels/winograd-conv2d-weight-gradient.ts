// Weight gradient of a dense 3x3 convolution with stride 1 by Winograd's F(4x4, 3x3) (lib/winograd.ts): tiles of pixels
// and of gradients are transformed, multiplied and summed over tiles, plane by plane, and the sums combined to the nine
// weights once at the end.
//
// Tiles are done in goes: all threads transform, then all threads multiply, each sum being owned by one of them. A go's
// products are summed by themselves and then added to the sums of the goes before, in order. Where one go is enough, sums
// are combined as soon as they are there, a few channels at a time, and never leave a thread's cache.

import { PANEL } from './lib/product-tiles';
import { SUMS_BYTES, sumProducts } from './lib/sums-of-products';
import { ceilDivide } from './lib/vector';
import { PIXELS, PLANES, combineWeightGradients, planeStride } from './lib/winograd';
import {
  Plane,
  Tiles,
  countTiles,
  cutTiles,
  setPlane,
  tileScratch,
  transformGradientTiles,
  transformTiles,
} from './lib/winograd-tiles';

/** Input channels in a register tile, beside a panel of output channels. */
const GROUP: i32 = 4;
/** Tiles that one block transforms: whole cache lines, lest two threads write to one. */
const TILES: i32 = 4;
/**
 * Transformed pixels and gradients of one go may take so many bytes, and as many as the sums, which each go reads and
 * writes, up to this limit.
 */
const GO_BYTES: i32 = 3145728;
const MOST_GO_BYTES: i32 = 16777216;
/** Groups whose weights one block combines. */
const COMBINED_GROUPS: i32 = 8;
/** Transformed pixels that one block multiplies and combines take about so many bytes, to stay in cache. */
const PART_BYTES: i32 = 262144;

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
  /** Sums over tiles, [plane][panel][group][4][8]. */
  sums: usize;
  sumPlane: i32;
  goTiles: i32;
  goes: i32;
  /** Groups that one block combines. */
  together: i32;
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

function togetherOf(d: WinogradConv2dWeightGradient): i32 {
  if (goesOf(d) > 1) return COMBINED_GROUPS;
  return max(1, min(groupsIn(d), PART_BYTES / max(1, PLANES * goTilesOf(d) * 16)));
}

/** From one plane to the next of the sums of one panel and of the groups that one block combines. */
function partPlane(p: SumsPlan): i32 {
  return planeStride(p.together * SUMS_BYTES);
}

export function winogradConv2dWeightGradientWorkspace(d: WinogradConv2dWeightGradient): i32 {
  const sums = goesOf(d) > 1 ? sumPlane(d) : 0;
  return ZEROS + zeroBytes(d) + PLANES * (pixelPlane(d) + gradientPlane(d) + sums);
}

export function winogradConv2dWeightGradientScratch(d: WinogradConv2dWeightGradient): i32 {
  const p = planOf(d);
  return tileScratch(TILES) + (p.goes > 1 ? 0 : PLANES * partPlane(p));
}

/** After the first phase two for each go, and one in the end if there are several. */
export function winogradConv2dWeightGradientBlocks(d: WinogradConv2dWeightGradient, phase: i32): i32 {
  if (phase == 0) return 1;
  const p = planOf(d);
  const combined = p.panels * ceilDivide(p.groups, p.together);
  const go = (phase - 1) >> 1;
  if (p.goes == 1 && phase > 1) return phase == 2 ? combined : -1;
  if (go < p.goes) return (phase & 1) == 1 ? ceilDivide(tilesOfGo(p, go), TILES) : PLANES * groupParts(p);
  if (phase == 2 * p.goes + 1) return combined;
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
  if (go < p.goes && (phase & 1) == 1) {
    transform(d, p, go, block, scratch);
  } else if (go < p.goes && p.goes > 1) {
    multiply(p, go, block);
  } else {
    const panel = block % p.panels;
    const firstGroup = (block / p.panels) * p.together;
    const endGroup = min(p.groups, firstGroup + p.together);
    if (p.goes == 1) {
      const sums = scratch + tileScratch(TILES);
      multiplyPart(p, panel, firstGroup, endGroup, sums);
      combine(d, panel, firstGroup, endGroup, sums, partPlane(p), scratch);
    } else {
      const sums = p.sums + (panel * p.groups + firstGroup) * SUMS_BYTES;
      combine(d, panel, firstGroup, endGroup, sums, p.sumPlane, scratch);
    }
  }
}

function plan(d: WinogradConv2dWeightGradient): void {
  const p = planOf(d);
  cutTiles(p, d.batch, d.outHeight, d.outWidth, d.dilationHeight, d.dilationWidth);
  p.groups = groupsIn(d);
  p.panels = panelsIn(d);
  p.goes = goesOf(d);
  p.goTiles = goTilesOf(d);
  p.together = togetherOf(d);
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
  const count = min(TILES, tilesOfGo(p, go) - begin);
  const first = go * p.goTiles + begin;
  const pixels = p.pixels + begin * 16;
  const gradients = p.gradients + begin * 32;
  transformTiles(p, first, count, x, pixels, 16, p.pixelPlane, p.goTiles * 16, scratch);
  transformGradientTiles(p, first, count, gradient, gradients, 32, p.gradientPlane, p.goTiles * 32, scratch);
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
      const to = sums + (panel * p.groups + group) * SUMS_BYTES;
      sumProducts(pixels + group * p.goTiles * 16, from, tiles, to, go == 0);
    }
  }
}

/** The sums of one panel and of groups [firstGroup, endGroup) in all planes: [plane][group][4][8]. */
function multiplyPart(p: SumsPlan, panel: i32, firstGroup: i32, endGroup: i32, sums: usize): void {
  for (let plane = 0; plane < PLANES; plane++) {
    const pixels = p.pixels + plane * p.pixelPlane;
    const from = p.gradients + plane * p.gradientPlane + panel * p.goTiles * 32;
    let to = sums + plane * partPlane(p);
    for (let group = firstGroup; group < endGroup; group++, to += SUMS_BYTES) {
      sumProducts(pixels + group * p.goTiles * 16, from, p.count, to, true);
    }
  }
}

/** G' S G of the sums of one panel and of groups [firstGroup, endGroup), in the weight's order [out, in, 3, 3]. */
function combine(
  d: WinogradConv2dWeightGradient,
  panel: i32,
  firstGroup: i32,
  endGroup: i32,
  sums: usize,
  sumPlane: i32,
  scratch: usize,
): void {
  const half = scratch;
  const weights = scratch + 3 * PIXELS * 16;
  const outputs = d.outChannels - panel * PANEL;
  const end = min(d.inChannels, endGroup * GROUP);
  for (let channel = firstGroup * GROUP; channel < end; channel++, sums += PANEL * 4) {
    for (let output = 0; output < min(outputs, PANEL); output += 4) {
      const from = sums + (output << 2);
      for (let j = 0; j < PIXELS; j++) {
        combineWeightGradients(from + j * sumPlane, PIXELS * sumPlane, half + (j << 4), PIXELS << 4);
      }
      for (let i = 0; i < 3; i++) {
        combineWeightGradients(half + i * (PIXELS << 4), 16, weights + i * 48, 16);
      }
      let to = d.weightGradient + (((panel * PANEL + output) * d.inChannels + channel) * 9 << 2);
      for (let lane = 0; lane < min(outputs - output, 4); lane++) {
        for (let tap = 0; tap < 9; tap++) {
          store<f32>(to + (tap << 2), load<f32>(weights + (tap << 4) + (lane << 2)));
        }
        to += d.inChannels * 36;
      }
    }
  }
}
