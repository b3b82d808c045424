/**
 * Pre-activation residual blocks (He et al. 2016, "Identity mappings in deep residual networks", section 4, figure 4e):
 * normalisation and ReLU come before each convolution and nothing after the addition, so the path around the branches
 * is an identity from the first block to the last.
 *
 *   x [N, H, W, C] to [N, H', W', O], O = P (basic) or 4 P (bottleneck); weights and multiply-accumulates as in residual.ts,
 *   2 parameters for each channel that enters a convolution
 *
 * Where size or channels change, the shortcut is a 1x1 convolution of the normalised, activated input. Names are those of
 * timm's resnetv2; like there, and unlike the paper, the bottleneck strides in its 3x3.
 */

import { inOneGo } from '../nn/_in-one-go.js';
import { Conv2d } from '../nn/conv2d.js';
import { Module } from '../nn/module.js';
import { Sequential } from '../nn/sequential.js';
import { add } from '../ops/add.js';
import { relu } from '../ops/relu.js';
import type { Tensor } from '../tensor/tensor.js';
import { type Activation, type MakeLayer, plainBatchNorm } from './_parts.js';
import { StochasticDepth } from './stochastic-depth.js';

export interface PreActivationOptions {
  /** @default 1 */
  readonly stride?: number;
  /** Of the 3x3. @default 1 */
  readonly dilation?: number;
  /** @default batch normalisation */
  readonly norm?: MakeLayer;
  /** @default relu */
  readonly activation?: Activation;
  /** The probability of dropping the branch in training. @default 0 */
  readonly stochasticDepth?: number;
}

/** A convolution with what comes before it. */
interface Step {
  readonly norm: Module;
  readonly conv: Module;
}

/** Both blocks: the first normalisation also serves the shortcut. */
function preActivated(
  x: Tensor,
  steps: readonly [Step, ...Step[]],
  activation: Activation,
  downsample: Module | undefined,
  dropPath: StochasticDepth,
): Tensor {
  const [first, ...others] = steps;
  const activated = inOneGo(first.norm, x, { activation });
  const branch = others.reduce(
    (y, { norm, conv }) => conv.forward(inOneGo(norm, y, { activation })),
    first.conv.forward(activated),
  );
  return add(dropPath.forward(branch), downsample?.forward(activated) ?? x);
}

function shortcutOf(inChannels: number, outChannels: number, stride: number): Module | undefined {
  if (stride === 1 && inChannels === outChannels) return undefined;
  return new Sequential({ conv: new Conv2d(inChannels, outChannels, 1, { stride, bias: false }) });
}

/** Parameters: downsample.conv (where needed), norm1, conv1, norm2, conv2. */
export class PreActivationBasicBlock extends Module {
  static readonly expansion = 1;
  readonly downsample: Module | undefined;
  readonly norm1: Module;
  readonly conv1: Conv2d;
  readonly norm2: Module;
  readonly conv2: Conv2d;
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
      stochasticDepth = 0,
    }: PreActivationOptions = {},
  ) {
    super();
    this.downsample = shortcutOf(inChannels, planes, stride);
    const options = { padding: dilation, dilation, bias: false };
    this.norm1 = norm(inChannels);
    this.conv1 = new Conv2d(inChannels, planes, 3, { ...options, stride });
    this.norm2 = norm(planes);
    this.conv2 = new Conv2d(planes, planes, 3, options);
    this.dropPath = new StochasticDepth(stochasticDepth);
    this.#activation = activation;
  }

  forward(x: Tensor): Tensor {
    const { norm1, conv1, norm2, conv2 } = this;
    const steps: [Step, Step] = [
      { norm: norm1, conv: conv1 },
      { norm: norm2, conv: conv2 },
    ];
    return preActivated(x, steps, this.#activation, this.downsample, this.dropPath);
  }
}

/** Parameters: downsample.conv (where needed), norm1, conv1, norm2, conv2, norm3, conv3. */
export class PreActivationBottleneck extends Module {
  static readonly expansion = 4;
  readonly downsample: Module | undefined;
  readonly norm1: Module;
  readonly conv1: Conv2d;
  readonly norm2: Module;
  readonly conv2: Conv2d;
  readonly norm3: Module;
  readonly conv3: Conv2d;
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
      stochasticDepth = 0,
    }: PreActivationOptions = {},
  ) {
    super();
    const outChannels = planes * PreActivationBottleneck.expansion;
    this.downsample = shortcutOf(inChannels, outChannels, stride);
    this.norm1 = norm(inChannels);
    this.conv1 = new Conv2d(inChannels, planes, 1, { bias: false });
    this.norm2 = norm(planes);
    this.conv2 = new Conv2d(planes, planes, 3, { stride, padding: dilation, dilation, bias: false });
    this.norm3 = norm(planes);
    this.conv3 = new Conv2d(planes, outChannels, 1, { bias: false });
    this.dropPath = new StochasticDepth(stochasticDepth);
    this.#activation = activation;
  }

  forward(x: Tensor): Tensor {
    const { norm1, conv1, norm2, conv2, norm3, conv3 } = this;
    const steps: [Step, Step, Step] = [
      { norm: norm1, conv: conv1 },
      { norm: norm2, conv: conv2 },
      { norm: norm3, conv: conv3 },
    ];
    return preActivated(x, steps, this.#activation, this.downsample, this.dropPath);
  }
}
