// Products over taps (lib/product.ts) as a kernel runs them: weights are packed, then bands multiplied. A workspace begins
// with one or more stages, each of taps and target, and then their tables.

import { Conv2dGeometry, kernelTaps } from './conv2d-geometry';
import { Target, packPanel, packedBytes, product } from './product';
import { PANEL } from './product-tiles';
import { regionsBytes } from './regions';
import { BLOCKS, TAP_BYTES, Taps } from './taps';
import { align16, ceilDivide } from './vector';

export const STAGE_BYTES: i32 = offsetof<Taps>() + offsetof<Target>();

export function tapsOf(d: Conv2dGeometry, stage: i32): Taps {
  return changetype<Taps>(d.workspace + stage * STAGE_BYTES);
}

export function targetOf(d: Conv2dGeometry, stage: i32): Target {
  return changetype<Target>(d.workspace + stage * STAGE_BYTES + offsetof<Taps>());
}

/** Bytes of the packed weights of all stages. */
export function packedWeightBytes(d: Conv2dGeometry, inner: i32, outputs: i32): i32 {
  return d.groups * packedBytes(kernelTaps(d) * inner, outputs);
}

/** Bytes of the stages and their tables. */
export function stagesBytes(d: Conv2dGeometry, stages: i32): i32 {
  return align16(stages * STAGE_BYTES + kernelTaps(d) * TAP_BYTES + regionsBytes(kernelTaps(d), stages));
}

function panelsOf(d: Conv2dGeometry): i32 {
  return ceilDivide(targetOf(d, 0).channels, PANEL);
}

/** How many groups one block computes together. */
function groupsTogether(d: Conv2dGeometry, t: Taps): i32 {
  return max(1, min(d.groups, (t.images * d.groups * t.bands) / BLOCKS));
}

/** Into how many parts the panels of a band are divided. */
function panelParts(d: Conv2dGeometry, t: Taps): i32 {
  const bands = t.images * d.groups * t.bands;
  return min(panelsOf(d), max(1, ceilDivide(BLOCKS, max(1, bands))));
}

export function productBlocks(d: Conv2dGeometry, stages: i32, phase: i32): i32 {
  if (phase == 0) return 1;
  if (phase == 1) return d.groups * panelsOf(d);
  if (phase > 2) return -1;
  let blocks = 0;
  for (let stage = 0; stage < stages; stage++) blocks += stageBlocks(d, stage);
  return blocks;
}

function stageBlocks(d: Conv2dGeometry, stage: i32): i32 {
  const t = tapsOf(d, stage);
  return t.images * t.bands * ceilDivide(d.groups, groupsTogether(d, t)) * panelParts(d, t);
}

export function pack(
  d: Conv2dGeometry,
  stages: i32,
  weight: usize,
  groupStride: i32,
  channelStride: i32,
  outputStride: i32,
  block: i32,
): void {
  const panels = panelsOf(d);
  const group = block / panels;
  const panel = block - group * panels;
  for (let stage = 0; stage < stages; stage++) {
    const t = tapsOf(d, stage);
    const target = targetOf(d, stage);
    packPanel(
      t,
      weight + (group * groupStride << 2),
      channelStride,
      outputStride,
      target.channels,
      panel,
      target.packed + group * packedBytes(t.count * t.channels, target.channels),
    );
  }
}

export function multiply(d: Conv2dGeometry, stages: i32, block: i32, scratch: usize): void {
  let stage = 0;
  while (block >= stageBlocks(d, stage)) block -= stageBlocks(d, stage++);
  const t = tapsOf(d, stage);
  const parts = panelParts(d, t);
  const part = block % parts;
  block /= parts;
  const together = groupsTogether(d, t);
  const groupParts = ceilDivide(d.groups, together);
  const firstGroup = (block % groupParts) * together;
  const endGroup = min(d.groups, firstGroup + together);
  block /= groupParts;
  const image = block / t.bands;
  const panels = panelsOf(d);
  const perPart = ceilDivide(panels, parts);
  const first = min(panels, part * perPart);
  const end = min(panels, first + perPart);
  product(t, targetOf(d, stage), image, firstGroup, endGroup, block - image * t.bands, first, end, scratch);
}
