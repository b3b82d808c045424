// Dense 3x3 convolution with stride 1 and any padding and dilation, and its input gradient, by Winograd's F(4x4, 3x3)
// (lib/winograd.ts): weights and tiles are transformed, multiplied plane by plane, and the products combined to results.
// The input gradient is the same with the kernel turned by 180 degrees and its channels exchanged.
//
// Many tiles are done in blocks that stay in a thread's cache from pixels to results. A few tiles of many channels, where
// reading the weights is what takes long, are transformed all at first, then multiplied, each plane's weights being read
// once, then combined. Both compute the same sums in the same order.

import { Epilogue, finishPixels, hasEpilogue } from './lib/epilogue';
import { align16, ceilDivide, storeTail } from './lib/vector';
import { PIXELS, PLANES, RESULTS, combineResults, planeStride } from './lib/winograd';
import { Matrices, TILES, multiplyPlane } from './lib/winograd-product';
import { Plane, Tiles, countTiles, cutTiles, locate, setPlane, tileScratch, transformTiles } from './lib/winograd-tiles';
import {
  Weights,
  outputsInPanels,
  panelsOf,
  prepare,
  preparedPlaneBytes,
  preparingBlocks,
} from './lib/winograd-weights';

/** Transformed pixels and products of one block may take so many bytes, to stay in cache. */
const BLOCK_BYTES: i32 = 393216;
/** At most so many tiles in a block: more of them make the products no faster. */
const MOST_TILES: i32 = 16;
/** Prepared weights of more bytes are read once for many tiles instead of once a block. */
const MOST_PREPARED: i32 = 16777216;
/** So many blocks keep all threads busy to the end. */
const BLOCKS: i32 = 12;
/** Transformed pixels and products of tiles that are done together may take so many bytes. */
const TOGETHER_BYTES: i32 = 16777216;

// @ts-ignore: decorator
@unmanaged
class WinogradGeometry extends Epilogue {
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
  weight: usize;
  workspace: usize;
  prepared: usize;
  isPrepared: i32;
}

// @ts-ignore: decorator
@unmanaged
class WinogradConv2d extends WinogradGeometry {
  x: usize;
  xPixelStride: i32;
  bias: usize;
  yPixelStride: i32;
}

// @ts-ignore: decorator
@unmanaged
class WinogradConv2dInputGradient extends WinogradGeometry {
  gradient: usize;
  gradientPixelStride: i32;
  xGradient: usize;
  xGradientPixelStride: i32;
}

/** What is computed, in either direction. */
// @ts-ignore: decorator
@unmanaged
class Plan extends Weights {
  bias: usize;
  /** Of the results; null in a gradient. */
  epilogue: Epilogue | null;
  /** Tiles of one block, or of one go. */
  blockTiles: i32;
  /** 0 where each block does everything; else the number of goes in which all tiles are done, phase by phase. */
  goes: i32;
}

// --- the workspace: plan, where tiles lie, a row of zeros, and the matrices of tiles that are done together ---

const INPUT: i32 = offsetof<Plan>();
const OUTPUT: i32 = INPUT + offsetof<Plane>();
const TILING: i32 = OUTPUT + offsetof<Plane>();
const SHARED: i32 = TILING + offsetof<Tiles>();
const ZEROS: i32 = (SHARED + 2 * offsetof<Matrices>() + 63) & ~63;

function planOf(workspace: usize): Plan {
  return changetype<Plan>(workspace);
}

function inputOf(workspace: usize): Plane {
  return changetype<Plane>(workspace + INPUT);
}

function outputOf(workspace: usize): Plane {
  return changetype<Plane>(workspace + OUTPUT);
}

function tilesOf(workspace: usize): Tiles {
  return changetype<Tiles>(workspace + TILING);
}

function matricesBytes(tiles: i32, channels: i32, outputs: i32): i32 {
  return 2 * offsetof<Matrices>() + pixelBytes(tiles, channels) + PLANES * planeStride(tiles * resultRow(outputs));
}

function pixelBytes(tiles: i32, channels: i32): i32 {
  return PLANES * planeStride(tiles * pixelRow(channels));
}

function pixelRow(channels: i32): i32 {
  return align16(channels << 2);
}

function resultRow(outputs: i32): i32 {
  return outputsInPanels(outputs) << 2;
}

function tilesWithin(bytes: i32, channels: i32, outputs: i32): i32 {
  const perTile = PLANES * (pixelRow(channels) + resultRow(outputs));
  return max(TILES, (bytes / perTile / TILES) * TILES);
}

function blockTiles(channels: i32, outputs: i32): i32 {
  return min(MOST_TILES, tilesWithin(BLOCK_BYTES, channels, outputs));
}

/** In how many goes tiles are done together; 0 where each block does everything. */
function goesOf(tiles: i32, channels: i32, outputs: i32): i32 {
  const prepared = PLANES * preparedPlaneBytes(channels, outputs);
  if (prepared <= MOST_PREPARED && ceilDivide(tiles, blockTiles(channels, outputs)) >= BLOCKS) return 0;
  return ceilDivide(tiles, tilesWithin(TOGETHER_BYTES, channels, outputs));
}

function tilesInGo(tiles: i32, goes: i32): i32 {
  return ceilDivide(ceilDivide(tiles, goes), TILES) * TILES;
}

function workspaceBytes(tiles: i32, channels: i32, outputs: i32): i32 {
  const goes = goesOf(tiles, channels, outputs);
  const together = goes > 0 ? matricesBytes(tilesInGo(tiles, goes), channels, outputs) : 0;
  return ZEROS + planeStride(pixelRow(channels)) + together;
}

function plan(workspace: usize, tiles: i32, channels: i32, outputs: i32): void {
  const p = planOf(workspace);
  p.channels = channels;
  p.outputs = outputs;
  p.preparedPlaneBytes = preparedPlaneBytes(channels, outputs);
  p.goes = goesOf(tiles, channels, outputs);
  p.blockTiles = p.goes > 0 ? tilesInGo(tiles, p.goes) : blockTiles(channels, outputs);
  memory.fill(workspace + ZEROS, 0, pixelRow(channels));
  const v = changetype<Matrices>(workspace + SHARED);
  layOut(p, v, workspace + ZEROS + planeStride(pixelRow(channels)));
}

/** Two matrices: of transformed pixels, and behind it of products. */
function layOut(p: Plan, v: Matrices, data: usize): void {
  const m = productsOf(v);
  v.data = data;
  v.rowBytes = pixelRow(p.channels);
  v.planeBytes = planeStride(p.blockTiles * v.rowBytes);
  m.data = data + PLANES * v.planeBytes;
  m.rowBytes = resultRow(p.outputs);
  m.planeBytes = planeStride(p.blockTiles * m.rowBytes);
}

function productsOf(v: Matrices): Matrices {
  return changetype<Matrices>(changetype<usize>(v) + offsetof<Matrices>());
}

// --- phases ---

const PHASES_BEFORE: i32 = 2;

function blocksOf(workspace: usize, isPrepared: i32, phase: i32): i32 {
  if (phase == 0) return 1;
  const p = planOf(workspace);
  if (phase == 1) return isPrepared ? 0 : preparingBlocks(p.channels, p.outputs);
  const tiles = tilesOf(workspace).count;
  const step = phase - PHASES_BEFORE;
  if (p.goes == 0) return step == 0 ? ceilDivide(tiles, p.blockTiles) : -1;
  const go = step / 3;
  if (go >= p.goes) return -1;
  if (step - 3 * go == 1) return PLANES * panelParts(p);
  return ceilDivide(tilesOfGo(p, tiles, go), TILES);
}

function tilesOfGo(p: Plan, tiles: i32, go: i32): i32 {
  return max(0, min(p.blockTiles, tiles - go * p.blockTiles));
}

/** Into how many parts a plane's panels are divided, so that the threads finish together. */
function panelParts(p: Plan): i32 {
  return min(4, panelsOf(p.outputs));
}

function scratchBytes(workspace: usize): i32 {
  const p = planOf(workspace);
  return tileScratch(1) + (p.goes > 0 ? 0 : matricesBytes(p.blockTiles, p.channels, p.outputs));
}

function compute(workspace: usize, phase: i32, block: i32, scratch: usize): void {
  const p = planOf(workspace);
  if (phase == 1) {
    prepare(p, block, scratch);
    return;
  }
  const tiles = tilesOf(workspace).count;
  if (p.goes == 0) {
    const v = changetype<Matrices>(scratch + tileScratch(1));
    const first = block * p.blockTiles;
    const count = min(p.blockTiles, tiles - first);
    layOut(p, v, scratch + tileScratch(1) + 2 * offsetof<Matrices>());
    transform(workspace, v, first, 0, count, scratch);
    for (let plane = 0; plane < PLANES; plane++) {
      multiply(p, v, plane, count, 0, panelsOf(p.outputs));
    }
    combine(workspace, productsOf(v), first, 0, count, scratch);
    return;
  }
  const v = changetype<Matrices>(workspace + SHARED);
  const go = (phase - PHASES_BEFORE) / 3;
  const step = phase - PHASES_BEFORE - 3 * go;
  const first = go * p.blockTiles;
  const count = tilesOfGo(p, tiles, go);
  if (step == 1) {
    const parts = panelParts(p);
    const plane = block / parts;
    const part = block - plane * parts;
    const panels = panelsOf(p.outputs);
    multiply(p, v, plane, count, (panels * part) / parts, (panels * (part + 1)) / parts);
    return;
  }
  const begin = block * TILES;
  const end = min(count, begin + TILES);
  if (step == 0) transform(workspace, v, first, begin, end, scratch);
  else combine(workspace, productsOf(v), first, begin, end, scratch);
}

function transform(workspace: usize, v: Matrices, first: i32, begin: i32, end: i32, scratch: usize): void {
  const input = inputOf(workspace);
  for (let tile = begin; tile < end; tile++) {
    const to = v.data + tile * v.rowBytes;
    transformTiles(tilesOf(workspace), first + tile, 1, input, to, 0, v.planeBytes, 16, scratch);
  }
}

/** The rows that fill up the last four tiles hold whatever was there; nobody reads what comes of them. */
function multiply(p: Plan, v: Matrices, plane: i32, tiles: i32, firstPanel: i32, endPanel: i32): void {
  const whole = ceilDivide(tiles, TILES) * TILES;
  const weights = p.prepared + plane * p.preparedPlaneBytes;
  multiplyPlane(v, productsOf(v), weights, plane, whole, p.channels, p.outputs, firstPanel, endPanel);
}

/** A' M A of tiles [begin, end), plus bias, and what follows. */
function combine(workspace: usize, m: Matrices, first: i32, begin: i32, end: i32, scratch: usize): void {
  const p = planOf(workspace);
  const half = scratch;
  const results = half + RESULTS * PIXELS * 16;
  const addresses = results + RESULTS * RESULTS * 16;
  for (let tile = begin; tile < end; tile++) {
    locate(tilesOf(workspace), first + tile, outputOf(workspace), RESULTS, addresses);
    for (let output = 0; output < p.outputs; output += 4) {
      const from = m.data + tile * m.rowBytes + (output << 2);
      for (let j = 0; j < PIXELS; j++) {
        combineResults(from + j * m.planeBytes, PIXELS * m.planeBytes, half + (j << 4), PIXELS << 4);
      }
      const bias = p.bias ? v128.load(p.bias + (output << 2)) : f32x4.splat(0);
      const count = p.outputs - output;
      for (let i = 0; i < RESULTS; i++) {
        combineResults(half + i * (PIXELS << 4), 16, results, 16);
        for (let j = 0; j < RESULTS; j++) {
          const pixel = load<usize>(addresses + (i * RESULTS + j << 2));
          if (!pixel) continue;
          const result = f32x4.add(v128.load(results + (j << 4)), bias);
          if (count >= 4) v128.store(pixel + (output << 2), result);
          else storeTail(pixel + (output << 2), result, count);
        }
      }
    }
    const epilogue = p.epilogue;
    if (epilogue) finishTile(epilogue, addresses, outputOf(workspace), tilesOf(workspace), p.outputs);
  }
}

/** The pixels of a tile that are within the image are the first ones of its first rows. */
function finishTile(e: Epilogue, addresses: usize, plane: Plane, tiles: Tiles, outputs: i32): void {
  for (let i = 0; i < RESULTS; i++, addresses += RESULTS << 2) {
    let pixels = 0;
    while (pixels < RESULTS && load<usize>(addresses + (pixels << 2))) pixels++;
    if (pixels == 0) return;
    finishPixels(e, load<usize>(addresses), pixels, tiles.dilationWidth * plane.pixelBytes, 0, outputs);
  }
}

// --- winogradConv2d ---

function forwardTiles(d: WinogradConv2d): i32 {
  return countTiles(d.batch, d.outHeight, d.outWidth, d.dilationHeight, d.dilationWidth);
}

export function winogradConv2dPrepared(d: WinogradConv2d): i32 {
  return PLANES * preparedPlaneBytes(d.inChannels, d.outChannels);
}

export function winogradConv2dWorkspace(d: WinogradConv2d): i32 {
  return workspaceBytes(forwardTiles(d), d.inChannels, d.outChannels);
}

export function winogradConv2dScratch(d: WinogradConv2d): i32 {
  return scratchBytes(d.workspace);
}

export function winogradConv2dBlocks(d: WinogradConv2d, phase: i32): i32 {
  return blocksOf(d.workspace, d.isPrepared, phase);
}

export function winogradConv2d(d: WinogradConv2d, phase: i32, block: i32, scratch: usize): void {
  if (phase > 0) {
    compute(d.workspace, phase, block, scratch);
    return;
  }
  const p = planOf(d.workspace);
  p.weight = d.weight;
  p.channelStride = 9;
  p.outputStride = 9 * d.inChannels;
  p.firstTap = 0;
  p.tapStride = 1;
  p.bias = d.bias;
  p.epilogue = hasEpilogue(d) ? d : null;
  p.prepared = d.prepared;
  const zeros = d.workspace + ZEROS;
  const x = inputOf(d.workspace);
  const y = outputOf(d.workspace);
  setPlane(x, d.x, d.inHeight, d.inWidth, d.inChannels, d.xPixelStride, -d.paddingTop, -d.paddingLeft, zeros);
  setPlane(y, d.y, d.outHeight, d.outWidth, d.outChannels, d.yPixelStride, 0, 0, 0);
  cutTiles(tilesOf(d.workspace), d.batch, d.outHeight, d.outWidth, d.dilationHeight, d.dilationWidth);
  plan(d.workspace, tilesOf(d.workspace).count, d.inChannels, d.outChannels);
}

// --- winogradConv2dInputGradient ---

function gradientTiles(d: WinogradConv2dInputGradient): i32 {
  return countTiles(d.batch, d.inHeight, d.inWidth, d.dilationHeight, d.dilationWidth);
}

export function winogradConv2dInputGradientPrepared(d: WinogradConv2dInputGradient): i32 {
  return PLANES * preparedPlaneBytes(d.outChannels, d.inChannels);
}

export function winogradConv2dInputGradientWorkspace(d: WinogradConv2dInputGradient): i32 {
  return workspaceBytes(gradientTiles(d), d.outChannels, d.inChannels);
}

export function winogradConv2dInputGradientScratch(d: WinogradConv2dInputGradient): i32 {
  return scratchBytes(d.workspace);
}

export function winogradConv2dInputGradientBlocks(d: WinogradConv2dInputGradient, phase: i32): i32 {
  return blocksOf(d.workspace, d.isPrepared, phase);
}

export function winogradConv2dInputGradient(
  d: WinogradConv2dInputGradient,
  phase: i32,
  block: i32,
  scratch: usize,
): void {
  if (phase > 0) {
    compute(d.workspace, phase, block, scratch);
    return;
  }
  const p = planOf(d.workspace);
  p.weight = d.weight;
  p.channelStride = 9 * d.inChannels;
  p.outputStride = 9;
  p.firstTap = 8;
  p.tapStride = -1;
  p.bias = 0;
  p.epilogue = null;
  p.prepared = d.prepared;
  const zeros = d.workspace + ZEROS;
  const gradient = inputOf(d.workspace);
  const x = outputOf(d.workspace);
  // Input pixel i was read by the outputs i + padding - tap * dilation, for tap = 2 ... 0.
  const top = d.paddingTop - 2 * d.dilationHeight;
  const left = d.paddingLeft - 2 * d.dilationWidth;
  setPlane(gradient, d.gradient, d.outHeight, d.outWidth, d.outChannels, d.gradientPixelStride, top, left, zeros);
  setPlane(x, d.xGradient, d.inHeight, d.inWidth, d.inChannels, d.xGradientPixelStride, 0, 0, 0);
  cutTiles(tilesOf(d.workspace), d.batch, d.inHeight, d.inWidth, d.dilationHeight, d.dilationWidth);
  plan(d.workspace, tilesOf(d.workspace).count, d.outChannels, d.inChannels);
}
