/**
 * Inception modules, version 3 (Szegedy et al. 2016, "Rethinking the Inception architecture for computer vision"): the
 * 5x5 becomes two 3x3 (section 3.1, figure 5: A), an n x n becomes 1 x n and n x 1 (section 3.2, figure 6: C), the image
 * is halved by strided convolutions and pooling side by side (section 5, figure 10: B, D), and before the end the 3x3
 * splits into a 1x3 beside a 3x1 (figure 7: E).
 *
 *   A [N, H, W, C] to [N, H, W, 224 + p]         p = poolFeatures
 *   B [N, H, W, C] to [N, H', W', 480 + C]       H' = floor((H - 3) / 2) + 1
 *   C [N, H, W, C] to [N, H, W, 768]             through c channels of 1x7 and 7x1
 *   D [N, H, W, C] to [N, H', W', 512 + C]
 *   E [N, H, W, C] to [N, H, W, 2048]
 *
 * A 1xn after an nx1, of C channels each, costs 2 n C^2 instead of n^2 C^2 parameters (and as many multiply-accumulates a
 * pixel): 2/7 for n = 7. Names and widths are torchvision's, every convolution with batch normalisation and ReLU. Like
 * torchvision, A has a 5x5 in one branch although figure 5 replaces it, and pools by average with zeros counted. `width`
 * multiplies the channels that a module has of its own, 64 in A for instance, but not those it is given.
 */

import { Module } from '../nn/module.js';
import { avgPool2d } from '../ops/avg-pool2d.js';
import { concat } from '../ops/concat.js';
import { maxPool2d } from '../ops/max-pool2d.js';
import type { Tensor } from '../tensor/tensor.js';
import { BasicConv2d } from './conv-norm-activation.js';

export interface InceptionV3Width {
  /** @default 1 */
  readonly width?: number;
}

/** So many channels times the width, rounded, and at least 1. */
const times =
  (width: number) =>
  (channels: number): number =>
    Math.max(1, Math.round(channels * width));

const pooled = (x: Tensor) => avgPool2d(x, { kernelSize: 3, stride: 1, padding: 1 });
const halved = (x: Tensor) => maxPool2d(x, { kernelSize: 3, stride: 2 });

/** 1x1; 1x1, 5x5; 1x1, 3x3, 3x3; average pooling, 1x1. */
export class InceptionA extends Module {
  readonly branch1x1: BasicConv2d;
  readonly branch5x5_1: BasicConv2d;
  readonly branch5x5_2: BasicConv2d;
  readonly branch3x3dbl_1: BasicConv2d;
  readonly branch3x3dbl_2: BasicConv2d;
  readonly branch3x3dbl_3: BasicConv2d;
  readonly branchPool: BasicConv2d;

  constructor(inChannels: number, poolFeatures: number, { width = 1 }: InceptionV3Width = {}) {
    super();
    const wide = times(width);
    this.branch1x1 = new BasicConv2d(inChannels, wide(64), 1);
    this.branch5x5_1 = new BasicConv2d(inChannels, wide(48), 1);
    this.branch5x5_2 = new BasicConv2d(wide(48), wide(64), 5, { padding: 2 });
    this.branch3x3dbl_1 = new BasicConv2d(inChannels, wide(64), 1);
    this.branch3x3dbl_2 = new BasicConv2d(wide(64), wide(96), 3, { padding: 1 });
    this.branch3x3dbl_3 = new BasicConv2d(wide(96), wide(96), 3, { padding: 1 });
    this.branchPool = new BasicConv2d(inChannels, poolFeatures, 1);
  }

  forward(x: Tensor): Tensor {
    return concat([
      this.branch1x1.forward(x),
      this.branch5x5_2.forward(this.branch5x5_1.forward(x)),
      this.branch3x3dbl_3.forward(this.branch3x3dbl_2.forward(this.branch3x3dbl_1.forward(x))),
      this.branchPool.forward(pooled(x)),
    ]);
  }
}

/** Halves the image: 3x3 of stride 2; 1x1, 3x3, 3x3 of stride 2; max pooling. */
export class InceptionB extends Module {
  readonly branch3x3: BasicConv2d;
  readonly branch3x3dbl_1: BasicConv2d;
  readonly branch3x3dbl_2: BasicConv2d;
  readonly branch3x3dbl_3: BasicConv2d;

  constructor(inChannels: number, { width = 1 }: InceptionV3Width = {}) {
    super();
    const wide = times(width);
    this.branch3x3 = new BasicConv2d(inChannels, wide(384), 3, { stride: 2 });
    this.branch3x3dbl_1 = new BasicConv2d(inChannels, wide(64), 1);
    this.branch3x3dbl_2 = new BasicConv2d(wide(64), wide(96), 3, { padding: 1 });
    this.branch3x3dbl_3 = new BasicConv2d(wide(96), wide(96), 3, { stride: 2 });
  }

  forward(x: Tensor): Tensor {
    return concat([
      this.branch3x3.forward(x),
      this.branch3x3dbl_3.forward(this.branch3x3dbl_2.forward(this.branch3x3dbl_1.forward(x))),
      halved(x),
    ]);
  }
}

/** 7x7 factorised: 1x1; 1x1, 1x7, 7x1; 1x1, 7x1, 1x7, 7x1, 1x7; average pooling, 1x1. */
export class InceptionC extends Module {
  readonly branch1x1: BasicConv2d;
  readonly branch7x7_1: BasicConv2d;
  readonly branch7x7_2: BasicConv2d;
  readonly branch7x7_3: BasicConv2d;
  readonly branch7x7dbl_1: BasicConv2d;
  readonly branch7x7dbl_2: BasicConv2d;
  readonly branch7x7dbl_3: BasicConv2d;
  readonly branch7x7dbl_4: BasicConv2d;
  readonly branch7x7dbl_5: BasicConv2d;
  readonly branchPool: BasicConv2d;

  /** @param channels7x7 The width of the 1x7 and 7x1. */
  constructor(inChannels: number, channels7x7: number, { width = 1 }: InceptionV3Width = {}) {
    super();
    const wide = times(width);
    const row = (from: number, to: number) => new BasicConv2d(from, to, [1, 7], { padding: [0, 3] });
    const column = (from: number, to: number) => new BasicConv2d(from, to, [7, 1], { padding: [3, 0] });
    this.branch1x1 = new BasicConv2d(inChannels, wide(192), 1);
    this.branch7x7_1 = new BasicConv2d(inChannels, channels7x7, 1);
    this.branch7x7_2 = row(channels7x7, channels7x7);
    this.branch7x7_3 = column(channels7x7, wide(192));
    this.branch7x7dbl_1 = new BasicConv2d(inChannels, channels7x7, 1);
    this.branch7x7dbl_2 = column(channels7x7, channels7x7);
    this.branch7x7dbl_3 = row(channels7x7, channels7x7);
    this.branch7x7dbl_4 = column(channels7x7, channels7x7);
    this.branch7x7dbl_5 = row(channels7x7, wide(192));
    this.branchPool = new BasicConv2d(inChannels, wide(192), 1);
  }

  forward(x: Tensor): Tensor {
    let double = this.branch7x7dbl_2.forward(this.branch7x7dbl_1.forward(x));
    double = this.branch7x7dbl_4.forward(this.branch7x7dbl_3.forward(double));
    return concat([
      this.branch1x1.forward(x),
      this.branch7x7_3.forward(this.branch7x7_2.forward(this.branch7x7_1.forward(x))),
      this.branch7x7dbl_5.forward(double),
      this.branchPool.forward(pooled(x)),
    ]);
  }
}

/** Halves the image: 1x1, 3x3 of stride 2; 1x1, 1x7, 7x1, 3x3 of stride 2; max pooling. */
export class InceptionD extends Module {
  readonly branch3x3_1: BasicConv2d;
  readonly branch3x3_2: BasicConv2d;
  readonly branch7x7x3_1: BasicConv2d;
  readonly branch7x7x3_2: BasicConv2d;
  readonly branch7x7x3_3: BasicConv2d;
  readonly branch7x7x3_4: BasicConv2d;

  constructor(inChannels: number, { width = 1 }: InceptionV3Width = {}) {
    super();
    const wide = times(width);
    this.branch3x3_1 = new BasicConv2d(inChannels, wide(192), 1);
    this.branch3x3_2 = new BasicConv2d(wide(192), wide(320), 3, { stride: 2 });
    this.branch7x7x3_1 = new BasicConv2d(inChannels, wide(192), 1);
    this.branch7x7x3_2 = new BasicConv2d(wide(192), wide(192), [1, 7], { padding: [0, 3] });
    this.branch7x7x3_3 = new BasicConv2d(wide(192), wide(192), [7, 1], { padding: [3, 0] });
    this.branch7x7x3_4 = new BasicConv2d(wide(192), wide(192), 3, { stride: 2 });
  }

  forward(x: Tensor): Tensor {
    const factorised = this.branch7x7x3_3.forward(this.branch7x7x3_2.forward(this.branch7x7x3_1.forward(x)));
    return concat([
      this.branch3x3_2.forward(this.branch3x3_1.forward(x)),
      this.branch7x7x3_4.forward(factorised),
      halved(x),
    ]);
  }
}

/** 1x1; 1x1, then 1x3 beside 3x1; 1x1, 3x3, then 1x3 beside 3x1; average pooling, 1x1. */
export class InceptionE extends Module {
  readonly branch1x1: BasicConv2d;
  readonly branch3x3_1: BasicConv2d;
  readonly branch3x3_2a: BasicConv2d;
  readonly branch3x3_2b: BasicConv2d;
  readonly branch3x3dbl_1: BasicConv2d;
  readonly branch3x3dbl_2: BasicConv2d;
  readonly branch3x3dbl_3a: BasicConv2d;
  readonly branch3x3dbl_3b: BasicConv2d;
  readonly branchPool: BasicConv2d;

  constructor(inChannels: number, { width = 1 }: InceptionV3Width = {}) {
    super();
    const wide = times(width);
    const row = () => new BasicConv2d(wide(384), wide(384), [1, 3], { padding: [0, 1] });
    const column = () => new BasicConv2d(wide(384), wide(384), [3, 1], { padding: [1, 0] });
    this.branch1x1 = new BasicConv2d(inChannels, wide(320), 1);
    this.branch3x3_1 = new BasicConv2d(inChannels, wide(384), 1);
    this.branch3x3_2a = row();
    this.branch3x3_2b = column();
    this.branch3x3dbl_1 = new BasicConv2d(inChannels, wide(448), 1);
    this.branch3x3dbl_2 = new BasicConv2d(wide(448), wide(384), 3, { padding: 1 });
    this.branch3x3dbl_3a = row();
    this.branch3x3dbl_3b = column();
    this.branchPool = new BasicConv2d(inChannels, wide(192), 1);
  }

  forward(x: Tensor): Tensor {
    const single = this.branch3x3_1.forward(x);
    const double = this.branch3x3dbl_2.forward(this.branch3x3dbl_1.forward(x));
    return concat([
      this.branch1x1.forward(x),
      this.branch3x3_2a.forward(single),
      this.branch3x3_2b.forward(single),
      this.branch3x3dbl_3a.forward(double),
      this.branch3x3dbl_3b.forward(double),
      this.branchPool.forward(pooled(x)),
    ]);
  }
}
