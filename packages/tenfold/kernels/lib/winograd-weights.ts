// The weights of a 3x3 convolution as Winograd's method multiplies them, G w G' (lib/winograd.ts).

import { PANEL } from './product-tiles';
import { ceilDivide } from './vector';
import { PIXELS, planeStride, transformWeights } from './winograd';

/** Input channels whose weights one block prepares. */
const PREPARED_CHANNELS: i32 = 64;

// @ts-ignore: decorator
@unmanaged
export class Weights {
  weight: usize;
  /** How far apart the weights of two channels, two outputs and two taps lie, in floats; and the first tap. */
  channelStride: i32;
  outputStride: i32;
  tapStride: i32;
  firstTap: i32;
  channels: i32;
  outputs: i32;
  prepared: usize;
  preparedPlaneBytes: i32;
}

/** Outputs of a last panel that takes up to four more, which would leave half a panel of their own without work. */
const WIDE_PANEL: i32 = 12;

/** Panels of outputs: of eight, but that the last one may be wide. */
export function panelsOf(outputs: i32): i32 {
  return endsWide(outputs) ? outputs >> 3 : ceilDivide(outputs, PANEL);
}

function endsWide(outputs: i32): bool {
  return outputs > PANEL && ((outputs - 1) & 7) < 4;
}

/** Outputs in a panel. */
export function panelWidth(panel: i32, outputs: i32): i32 {
  return endsWide(outputs) && panel == panelsOf(outputs) - 1 ? WIDE_PANEL : PANEL;
}

/** Outputs with those that fill up the last panel. */
export function outputsInPanels(outputs: i32): i32 {
  const last = panelsOf(outputs) - 1;
  return last * PANEL + panelWidth(last, outputs);
}

/** Bytes from one plane of prepared weights to the next. */
export function preparedPlaneBytes(channels: i32, outputs: i32): i32 {
  return planeStride(outputsInPanels(outputs) * channels * 4);
}

/** How many blocks `prepare` has. */
export function preparingBlocks(channels: i32, outputs: i32): i32 {
  return panelsOf(outputs) * ceilDivide(channels, PREPARED_CHANNELS);
}

/**
 * G w G' of one panel of outputs and some channels, as [plane][panel][channel][output]. Outputs that fill up the last
 * panel repeat the last one; nobody reads what comes of them.
 */
export function prepare(p: Weights, block: i32, scratch: usize): void {
  const parts = ceilDivide(p.channels, PREPARED_CHANNELS);
  const panel = block / parts;
  const begin = (block - panel * parts) * PREPARED_CHANNELS;
  const end = min(p.channels, begin + PREPARED_CHANNELS);
  const tap = p.tapStride << 2;
  const width = panelWidth(panel, p.outputs);
  for (let lane = 0; lane < width; lane += 4) {
    const output = panel * PANEL + lane;
    let w0 = weightsOf(p, output, begin);
    let w1 = weightsOf(p, output + 1, begin);
    let w2 = weightsOf(p, output + 2, begin);
    let w3 = weightsOf(p, output + 3, begin);
    for (let channel = begin; channel < end; channel++) {
      for (let j = 0; j < 3; j++) {
        const at = j * tap;
        transformWeights(
          gather(w0 + at, w1 + at, w2 + at, w3 + at),
          gather(w0 + at + 3 * tap, w1 + at + 3 * tap, w2 + at + 3 * tap, w3 + at + 3 * tap),
          gather(w0 + at + 6 * tap, w1 + at + 6 * tap, w2 + at + 6 * tap, w3 + at + 6 * tap),
          scratch + (j << 4),
          48,
        );
      }
      let to = p.prepared + (panel * PANEL * p.channels + channel * width + lane << 2);
      for (let i = 0; i < PIXELS; i++) {
        const row = scratch + i * 48;
        transformWeights(v128.load(row), v128.load(row, 16), v128.load(row, 32), to, p.preparedPlaneBytes);
        to += PIXELS * p.preparedPlaneBytes;
      }
      const step = p.channelStride << 2;
      w0 += step;
      w1 += step;
      w2 += step;
      w3 += step;
    }
  }
}

function weightsOf(p: Weights, output: i32, channel: i32): usize {
  const index = min(output, p.outputs - 1) * p.outputStride + channel * p.channelStride + p.firstTap;
  return p.weight + (index << 2);
}

// @ts-ignore: decorator
@inline
function gather(p0: usize, p1: usize, p2: usize, p3: usize): v128 {
  let v = v128.load32_zero(p0);
  v = v128.load_lane<f32>(p1, v, 1);
  v = v128.load_lane<f32>(p2, v, 2);
  return v128.load_lane<f32>(p3, v, 3);
}
