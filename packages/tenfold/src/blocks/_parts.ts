/** What blocks are made of besides convolutions, and may be told to use instead. */

import { BatchNorm2d } from '../nn/batch-norm2d.js';
import type { Module } from '../nn/module.js';
import { type Pair, pair } from '../ops/_window.js';

export { Activate } from '../nn/_activate.js';
export type { Activation } from '../ops/_activation.js';

/** Makes a layer for so many channels: a normalisation, or a gate such as squeeze-and-excitation. */
export type MakeLayer = (channels: number) => Module;

/** PyTorch's batch normalisation with its defaults. */
export const plainBatchNorm: MakeLayer = (channels) => new BatchNorm2d(channels);

/** The padding with which an odd kernel keeps the size of the image at stride 1. */
export function centred(block: string, kernelSize: Pair, dilation: Pair = 1): readonly [number, number] {
  const [height, width] = pair(block, 'kernelSize', kernelSize, 1);
  const [vertical, horizontal] = pair(block, 'dilation', dilation, 1);
  return [Math.floor((height - 1) / 2) * vertical, Math.floor((width - 1) / 2) * horizontal];
}
