/**
 * Residual blocks (He et al. 2016, "Deep residual learning for image recognition", section 3 and figure 5): y = x + F(x).
 * A block need only learn what to change, and gradients have a way around it.
 *
 *   x [N, H, W, C] to [N, H', W', O], O = P (`BasicBlock`) or 4 P (`Bottleneck`, of width B = P * baseWidth / 64 * groups)
 *   basic, F is 3x3, 3x3:            9 C P + 9 P^2 weights, as many multiply-accumulates for each of the H' W' pixels
 *   bottleneck, F is 1x1, 3x3, 1x1:  C B + 9 B^2 / groups + 4 B P weights; C B H W + (9 B^2 / groups + 4 B P) H' W'
 *
 * plus 2 parameters for each normalised channel, and the shortcut (shortcut.ts) where size or channels change. With
 * groups the bottleneck is ResNeXt's (Xie et al. 2017, figure 3c), with twice the base width Wide ResNet-50-2's.
 *
 * Names are torchvision's; `se` is timm's. Differs from the paper, like torchvision ("v1.5"): the bottleneck strides in
 * its 3x3; with `strideInReduce` it strides in the first 1x1, as the paper's does. `Residual` puts an identity path around
 * any module. Blocks that normalise first are in pre-activation.ts.
 */

import { type Following, follow, inOneGo } from '../nn/_in-one-go.js';
import { Conv2d } from '../nn/conv2d.js';
import { Module } from '../nn/module.js';
import { add } from '../ops/add.js';
import { relu } from '../ops/relu.js';
import type { Tensor } from '../tensor/tensor.js';
import { type Activation, type MakeLayer, plainBatchNorm } from './_parts.js';
import { projectionShortcut, type Shortcut } from './shortcut.js';
import { StochasticDepth } from './stochastic-depth.js';

/** Makes the 3x3 of a block, or what stands for it: a deformable convolution, say. */
export type MakeConvolution = (
  inChannels: number,
  outChannels: number,
  options: {
    readonly stride: number;
    readonly padding: number;
    readonly dilation: number;
    readonly groups: number;
    readonly bias: boolean;
  },
) => Module;

export interface ResidualOptions {
  /** @default 1 */
  readonly stride?: number;
  /** Of the 3x3. @default 1 */
  readonly dilation?: number;
  /** @default batch normalisation */
  readonly norm?: MakeLayer;
  /** @default relu */
  readonly activation?: Activation;
  /** At the end of the branch: `(channels) => new SqueezeExcitation(channels, channels / 16)`. @default none */
  readonly squeezeExcitation?: MakeLayer | undefined;
  /** The probability of dropping the branch in training. @default 0 */
  readonly stochasticDepth?: number;
  /** The way around the branch where size or channels change. @default projectionShortcut */
  readonly shortcut?: Shortcut;
  /** Makes the 3x3. @default a convolution */
  readonly convolution?: MakeConvolution;
}

export interface BottleneckOptions extends ResidualOptions {
  /** Of the 3x3: ResNeXt's cardinality. @default 1 */
  readonly groups?: number;
  /** Width of the 3x3 for 64 planes and one group. @default 64 */
  readonly baseWidth?: number;
  /** Whether the first 1x1 has the stride, as in the paper. @default false */
  readonly strideInReduce?: boolean;
}

const conv3x3: MakeConvolution = (inChannels, outChannels, options) =>
  new Conv2d(inChannels, outChannels, 3, options);

const conv1x1 = (inChannels: number, outChannels: number, stride = 1) =>
  new Conv2d(inChannels, outChannels, 1, { stride, bias: false });

/** Parameters: conv1, bn1, conv2, bn2, and where they are needed se and downsample. */
export class BasicBlock extends Module {
  static readonly expansion = 1;
  readonly conv1: Module;
  readonly bn1: Module;
  readonly conv2: Module;
  readonly bn2: Module;
  readonly se: Module | undefined;
  readonly downsample: Module | undefined;
  readonly dropPath: StochasticDepth;
  readonly #activation: Activation;

  /** @throws OptionError for impossible channels, stride, dilation or probability. */
  constructor(
    inChannels: number,
    planes: number,
    {
      stride = 1,
      dilation = 1,
      norm = plainBatchNorm,
      activation = relu,
      squeezeExcitation,
      stochasticDepth = 0,
      shortcut = projectionShortcut,
      convolution = conv3x3,
    }: ResidualOptions = {},
  ) {
    super();
    const options = { padding: dilation, dilation, groups: 1, bias: false };
    this.conv1 = convolution(inChannels, planes, { ...options, stride });
    this.bn1 = norm(planes);
    this.conv2 = convolution(planes, planes, { ...options, stride: 1 });
    this.bn2 = norm(planes);
    this.se = squeezeExcitation?.(planes);
    const changes = stride !== 1 || inChannels !== planes;
    this.downsample = changes ? shortcut(inChannels, planes, stride, norm) : undefined;
    this.dropPath = new StochasticDepth(stochasticDepth);
    this.#activation = activation;
  }

  forward(x: Tensor): Tensor {
    const y = inOneGo(this.conv1, x, { norm: this.bn1, activation: this.#activation });
    return joined(this, this.conv2, y, this.bn2, x, this.#activation);
  }
}

/** Parameters: conv1, bn1, conv2, bn2, conv3, bn3, and where they are needed se and downsample. */
export class Bottleneck extends Module {
  static readonly expansion = 4;
  readonly conv1: Conv2d;
  readonly bn1: Module;
  readonly conv2: Module;
  readonly bn2: Module;
  readonly conv3: Conv2d;
  readonly bn3: Module;
  readonly se: Module | undefined;
  readonly downsample: Module | undefined;
  readonly dropPath: StochasticDepth;
  readonly #activation: Activation;

  /** @throws OptionError for impossible channels, stride, dilation, groups, width or probability. */
  constructor(
    inChannels: number,
    planes: number,
    {
      stride = 1,
      dilation = 1,
      groups = 1,
      baseWidth = 64,
      strideInReduce = false,
      norm = plainBatchNorm,
      activation = relu,
      squeezeExcitation,
      stochasticDepth = 0,
      shortcut = projectionShortcut,
      convolution = conv3x3,
    }: BottleneckOptions = {},
  ) {
    super();
    const width = Math.floor((planes * baseWidth) / 64) * groups;
    const outChannels = planes * Bottleneck.expansion;
    this.conv1 = conv1x1(inChannels, width, strideInReduce ? stride : 1);
    this.bn1 = norm(width);
    const options = { padding: dilation, dilation, groups, bias: false };
    this.conv2 = convolution(width, width, { ...options, stride: strideInReduce ? 1 : stride });
    this.bn2 = norm(width);
    this.conv3 = conv1x1(width, outChannels);
    this.bn3 = norm(outChannels);
    this.se = squeezeExcitation?.(outChannels);
    const changes = stride !== 1 || inChannels !== outChannels;
    this.downsample = changes ? shortcut(inChannels, outChannels, stride, norm) : undefined;
    this.dropPath = new StochasticDepth(stochasticDepth);
    this.#activation = activation;
  }

  forward(x: Tensor): Tensor {
    let y = inOneGo(this.conv1, x, { norm: this.bn1, activation: this.#activation });
    y = inOneGo(this.conv2, y, { norm: this.bn2, activation: this.#activation });
    return joined(this, this.conv3, y, this.bn3, x, this.#activation);
  }
}

interface Joint {
  readonly se: Module | undefined;
  readonly dropPath: StochasticDepth;
  readonly downsample: Module | undefined;
}

/** The last convolution of a block's branch, from y, and what of x joins it. */
function joined(
  { se, dropPath, downsample }: Joint,
  conv: Module,
  y: Tensor,
  norm: Module,
  x: Tensor,
  activation: Activation,
): Tensor {
  const shortcut = () => downsample?.forward(x) ?? x;
  if (se === undefined && dropPath.passes) return inOneGo(conv, y, { norm, residual: shortcut, activation });
  const branch = inOneGo(conv, y, { norm });
  return activation(add(dropPath.forward(se?.forward(branch) ?? branch), shortcut()));
}

/** x + branch(x) for any module whose result has the shape of its input, or of the shortcut's. Parameters: branch, shortcut. */
export class Residual extends Module {
  static readonly following: unknown = this.prototype.forward;
  readonly branch: Module;
  readonly shortcut: Module | undefined;
  readonly dropPath: StochasticDepth;

  /** @throws OptionError unless 0 <= stochasticDepth < 1. */
  constructor(
    branch: Module,
    { shortcut, stochasticDepth = 0 }: { readonly shortcut?: Module; readonly stochasticDepth?: number } = {},
  ) {
    super();
    this.branch = branch;
    this.shortcut = shortcut;
    this.dropPath = new StochasticDepth(stochasticDepth);
  }

  forward(x: Tensor, following: Following = {}): Tensor {
    const shortcut = () => this.shortcut?.forward(x) ?? x;
    const { norm, residual, activation } = following;
    if (this.dropPath.passes && norm === undefined && residual === undefined) {
      return inOneGo(this.branch, x, { residual: shortcut, activation });
    }
    return follow(add(this.dropPath.forward(this.branch.forward(x)), shortcut()), following);
  }
}
