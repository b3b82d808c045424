// What depthwise convolution and its gradients have in common: one filter for each channel, channels in vector lanes,
// eight to a panel; the last panel overlaps the one before, so that none is partly filled.

import { Epilogue } from './epilogue';
import { ceilDivide } from './vector';

/** Channels in a panel. */
export const PANEL: i32 = 8;
/** Panels whose weights one block packs or unpacks. */
export const PACK: i32 = 8;
/** Floats of input and output from which on they are fetched ahead of need. */
const LARGE: i64 = 2097152;
/** The phases that do the work: one for tensors that may be in cache, one for large ones. */
export const PLAIN: i32 = 1;
export const FETCHED: i32 = 2;

// @ts-ignore: decorator
@unmanaged
export class DepthwiseGeometry extends Epilogue {
  batch: i32;
  inHeight: i32;
  inWidth: i32;
  inChannels: i32;
  outHeight: i32;
  outWidth: i32;
  kernelHeight: i32;
  kernelWidth: i32;
  strideHeight: i32;
  strideWidth: i32;
  dilationHeight: i32;
  dilationWidth: i32;
  paddingTop: i32;
  paddingLeft: i32;
  workspace: usize;
}

export function tapsOf(d: DepthwiseGeometry): i32 {
  return d.kernelHeight * d.kernelWidth;
}

export function panelsOf(d: DepthwiseGeometry): i32 {
  return ceilDivide(d.inChannels, PANEL);
}

/** The first channel of a panel. */
// @ts-ignore: decorator
@inline
export function panelStart(channels: i32, panel: i32): i32 {
  return max(0, min(panel * PANEL, channels - PANEL));
}

/** Bytes of something that has a panel for each tap of the kernel, by panel and tap. */
export function panelBytes(d: DepthwiseGeometry): i32 {
  return panelsOf(d) * tapsOf(d) * PANEL * 4;
}

/** Packs weights [channel][tap] as [panel][tap][8]; fewer than eight channels are followed by zeros. */
export function packPanels(d: DepthwiseGeometry, weight: usize, block: i32): void {
  const taps = tapsOf(d);
  const end = min(panelsOf(d), (block + 1) * PACK);
  for (let panel = block * PACK; panel < end; panel++) {
    const first = panelStart(d.inChannels, panel);
    let to = d.workspace + panel * taps * PANEL * 4;
    for (let tap = 0; tap < taps; tap++) {
      for (let lane = 0; lane < PANEL; lane++) {
        const channel = first + lane;
        store<f32>(to, channel < d.inChannels ? load<f32>(weight + (channel * taps + tap << 2)) : 0);
        to += 4;
      }
    }
  }
}

export function packBlocks(d: DepthwiseGeometry): i32 {
  return ceilDivide(panelsOf(d), PACK);
}

// --- large tensors ---

/** Whether input and output together exceed most caches. */
export function isLarge(d: DepthwiseGeometry): bool {
  const pixels = i64(d.inHeight) * d.inWidth + i64(d.outHeight) * d.outWidth;
  return pixels * d.batch * d.inChannels > LARGE;
}
