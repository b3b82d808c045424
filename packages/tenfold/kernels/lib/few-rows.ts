// Products of a few rows with a large matrix of weights, as a 1x1 convolution of a few pixels is and the classifier of a
// network with a small batch: bound by memory, so that the weights are read, or written, once and where they lie.

import { Conv2dGeometry } from './conv2d-geometry';
import { ceilDivide } from './vector';

/** Rows that a loop takes together. */
export const ROWS: i32 = 4;

/** There are at most so many blocks of outputs. */
const MOST_BLOCKS: i32 = 64;
/** None but the last has fewer weights: threads take longer to wake than they would take for less. */
const LEAST_WEIGHTS: i32 = 16384;

export function rowsOf(d: Conv2dGeometry): i32 {
  return d.batch * d.outHeight * d.outWidth;
}

/** Outputs of one block, an even number: loops take two of them together. */
export function outputsPerBlock(d: Conv2dGeometry): i32 {
  const outputs = max(ceilDivide(d.outChannels, MOST_BLOCKS), LEAST_WEIGHTS / max(1, d.inChannels));
  return max(2, (outputs + 1) & ~1);
}

export function outputBlocks(d: Conv2dGeometry): i32 {
  return ceilDivide(d.outChannels, outputsPerBlock(d));
}
