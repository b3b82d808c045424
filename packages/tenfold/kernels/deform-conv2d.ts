// Deformable convolution: the columns of a band of positions are sampled (lib/deform-samples.ts) and then multiplied by
// the weights.
//
// Workspace: [Taps][tables][packed weights][zeros].

import {
  DeformGeometry,
  POINT_BYTES,
  ROW_BYTES,
  behindTaps,
  planRow,
  positionsOf,
  rowTaps,
  sample,
  setRow,
  tapsOf,
  zeroBytes,
} from './lib/deform-samples';
import { hasEpilogue } from './lib/epilogue';
import { panelsIn } from './lib/outer-product';
import { PRODUCT_BAND, Target, packPanel, packedBytes, product, productScratch } from './lib/product';
import { Taps } from './lib/taps';
import { align16, ceilDivide } from './lib/vector';

/** The columns of a band may take so many bytes. */
const COLUMN_BYTES: i32 = 262144;

// @ts-ignore: decorator
@unmanaged
class DeformConv2d extends DeformGeometry {
  weight: usize;
  bias: usize;
}

/** Floats in the column of one position. */
function columnLength(d: DeformConv2d): i32 {
  return tapsOf(d) * d.inChannels;
}

function bandOf(d: DeformConv2d): i32 {
  return max(1, min(PRODUCT_BAND, COLUMN_BYTES / (columnLength(d) << 2)));
}

function packedWeightBytes(d: DeformConv2d): i32 {
  return d.groups * packedBytes(tapsOf(d) * (d.inChannels / d.groups), d.outChannels / d.groups);
}

function zerosOf(d: DeformConv2d): usize {
  return behindTaps(d) + packedWeightBytes(d);
}

export function deformConv2dWorkspace(d: DeformConv2d): i32 {
  return i32(zerosOf(d) - d.workspace) + zeroBytes(d);
}

export function deformConv2dScratch(d: DeformConv2d): i32 {
  const local = align16(ROW_BYTES + offsetof<Target>() + tapsOf(d) * POINT_BYTES);
  return local + bandOf(d) * columnLength(d) * 4 + productScratch(rowTaps(d)) + 64;
}

export function deformConv2dBlocks(d: DeformConv2d, phase: i32): i32 {
  if (phase == 0) return 1;
  if (phase == 1) return d.groups * panelsIn(d.outChannels / d.groups);
  return phase == 2 ? ceilDivide(positionsOf(d), bandOf(d)) : -1;
}

export function deformConv2d(d: DeformConv2d, phase: i32, block: i32, scratch: usize): void {
  const outputs = d.outChannels / d.groups;
  const inner = tapsOf(d) * (d.inChannels / d.groups);
  const zeros = zerosOf(d);
  if (phase == 0) {
    planRow(d, tapsOf(d), d.inChannels << 2, d.inChannels / d.groups, columnLength(d) << 2, bandOf(d));
    memory.fill(zeros, 0, zeroBytes(d));
  } else if (phase == 1) {
    const panels = panelsIn(outputs);
    const group = block / panels;
    packPanel(
      rowTaps(d),
      d.weight + (group * outputs * inner << 2),
      tapsOf(d),
      inner,
      outputs,
      block - group * panels,
      behindTaps(d) + group * packedBytes(inner, outputs),
    );
  } else {
    const t = changetype<Taps>(scratch);
    const target = changetype<Target>(scratch + ROW_BYTES);
    const points = scratch + ROW_BYTES + offsetof<Target>();
    const columns = scratch + align16(ROW_BYTES + offsetof<Target>() + tapsOf(d) * POINT_BYTES);
    const first = block * bandOf(d);
    const count = min(bandOf(d), positionsOf(d) - first);
    sample(d, first, count, 0, tapsOf(d), columns, zeros, points);
    memory.copy(scratch, d.workspace, ROW_BYTES);
    setRow(t, columns, count);
    target.packed = behindTaps(d);
    target.bias = d.bias;
    target.epilogue = hasEpilogue(d) ? d : null;
    target.y = d.y + first * d.outChannels * 4;
    target.columnBytes = d.outChannels << 2;
    target.rowBytes = 0;
    target.imageBytes = 0;
    target.channels = outputs;
    const addresses = align16(i32(columns) + count * columnLength(d) * 4);
    for (let group = 0; group < d.groups; group++) {
      product(t, target, 0, group, group + 1, 0, 0, panelsIn(outputs), addresses);
    }
  }
}
