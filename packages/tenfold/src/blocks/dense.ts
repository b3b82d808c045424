/**
 * Dense connections (Huang et al. 2017, "Densely connected convolutional networks", section 3): each layer reads the
 * outputs of all earlier layers of its block, side by side, and adds k channels of its own (the growth rate).
 *
 *   block       x [N, H, W, C] to [N, H, W, C + L k]
 *   transition  x [N, H, W, C] to [N, floor(H / 2), floor(W / 2), O]
 *   layer l reads C_l = C + l k channels (l from 0) and costs, with b = bnSize, C_l b k + 9 b k^2 weights (DenseNet-B) or
 *   9 C_l k (`bnSize: false`), 2 for each normalised channel, and H W times its weights in multiply-accumulates;
 *   the transition C O weights (+ 2 C) and C O H W
 *
 * Normalisation and ReLU come before each convolution (section 3, "composite function"). Names are torchvision's. A dense
 * block is a residual one with concat in place of add.
 */

import { OptionError } from '../errors.js';
import { checkCount } from '../nn/_check.js';
import { AvgPool2d } from '../nn/avg-pool2d.js';
import { Conv2d } from '../nn/conv2d.js';
import { Dropout } from '../nn/dropout.js';
import type { Module } from '../nn/module.js';
import { Sequential } from '../nn/sequential.js';
import { concat } from '../ops/concat.js';
import { relu } from '../ops/relu.js';
import type { Tensor } from '../tensor/tensor.js';
import { Activate, type MakeLayer, plainBatchNorm } from './_parts.js';

export interface DenseOptions {
  /** Width of the 1x1 bottleneck as a multiple of the growth rate; false: none. @default 4 */
  readonly bnSize?: number | false;
  /** The probability of dropping an element of a layer's output in training. @default 0 */
  readonly dropRate?: number;
  /** @default batch normalisation */
  readonly norm?: MakeLayer;
}

/** Parameters: norm1, conv1, norm2, conv2; without bottleneck norm1, conv1. */
export class DenseLayer extends Sequential {
  /** @throws OptionError for impossible channels, bottleneck or drop rate. */
  constructor(
    inChannels: number,
    growthRate: number,
    { bnSize = 4, dropRate = 0, norm = plainBatchNorm }: DenseOptions = {},
  ) {
    const width = bnSize === false ? inChannels : bnSize * growthRate;
    const last = bnSize === false ? 1 : 2;
    const modules: Record<string, Module> = {};
    if (bnSize !== false) {
      modules.norm1 = norm(inChannels);
      modules.relu1 = new Activate(relu);
      modules.conv1 = new Conv2d(inChannels, width, 1, { bias: false });
    }
    modules[`norm${last}`] = norm(width);
    modules[`relu${last}`] = new Activate(relu);
    modules[`conv${last}`] = new Conv2d(width, growthRate, 3, { padding: 1, bias: false });
    if (dropRate !== 0) modules.dropout = new Dropout(dropRate);
    super(modules);
  }
}

/** Parameters: denselayer1, denselayer2, ... */
export class DenseBlock extends Sequential {
  /** How many channels the block returns. */
  readonly outChannels: number;

  /** @throws OptionError for impossible numbers of layers or channels, bottleneck or drop rate. */
  constructor(layers: number, inChannels: number, growthRate: number, options: DenseOptions = {}) {
    checkCount('DenseBlock', 'layers', layers);
    const modules: Record<string, Module> = {};
    for (let layer = 0; layer < layers; layer++) {
      const channels = inChannels + layer * growthRate;
      modules[`denselayer${layer + 1}`] = new DenseLayer(channels, growthRate, options);
    }
    super(modules);
    this.outChannels = inChannels + layers * growthRate;
  }

  override forward(x: Tensor): Tensor {
    let features = x;
    for (const layer of this) features = concat([features, layer.forward(features)]);
    return features;
  }
}

/** Parameters: norm, conv. */
export class Transition extends Sequential {
  /** @throws OptionError for an impossible number of channels. */
  constructor(
    inChannels: number,
    outChannels: number,
    { norm = plainBatchNorm }: Pick<DenseOptions, 'norm'> = {},
  ) {
    super({
      norm: norm(inChannels),
      relu: new Activate(relu),
      conv: new Conv2d(inChannels, outChannels, 1, { bias: false }),
      pool: new AvgPool2d(2),
    });
  }
}

/** Channels behind a transition of DenseNet-C: floor(theta * channels), section 3, "compression". */
export function compressedChannels(channels: number, theta = 0.5): number {
  if (!(theta > 0 && theta <= 1)) {
    throw new OptionError(`theta must be above 0 and at most 1, not ${theta}`, {
      operator: 'compressedChannels',
      rule: 'theta',
      got: theta,
      expected: '0 < theta <= 1',
    });
  }
  return Math.floor(theta * channels);
}
