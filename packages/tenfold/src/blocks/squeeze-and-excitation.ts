/**
 * Squeeze-and-excitation (Hu, Shen and Sun 2018, section 3, equations 2 to 4): the mean of each channel over the image
 * goes through two small layers, and the result, between 0 and 1, weighs the channels.
 *
 *   x [N, H, W, C] to [N, H, W, C] by way of S = C / r numbers for each image
 *   parameters 2 C S + S + C, multiply-accumulates 2 C S, whatever the size of the image
 *
 * With r = 16, about 10 % more parameters in ResNet-50 and hardly any multiply-accumulates. The layers are 1x1
 * convolutions of a 1x1 image, as in torchvision, and have biases, which the paper's equation leaves out. MobileNet v3
 * (Howard et al. 2019, section 5.2) takes the hard sigmoid for the gate: `{ gate: hardsigmoid }`.
 */

import { OptionError } from '../errors.js';
import { inOneGo } from '../nn/_in-one-go.js';
import { Conv2d } from '../nn/conv2d.js';
import { Module } from '../nn/module.js';
import { globalAvgPool } from '../ops/global-avg-pool.js';
import { mul } from '../ops/mul.js';
import { relu } from '../ops/relu.js';
import { sigmoid } from '../ops/sigmoid.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Activation } from './_parts.js';

export interface SqueezeExcitationOptions {
  /** Between the two layers. @default relu */
  readonly activation?: Activation;
  /** What makes the weights of the channels. @default sigmoid */
  readonly gate?: Activation;
}

/** Parameters: fc1, fc2. */
export class SqueezeExcitation extends Module {
  readonly fc1: Conv2d;
  readonly fc2: Conv2d;
  readonly #activation: Activation;
  readonly #gate: Activation;

  /** @throws OptionError for an impossible number of channels. */
  constructor(
    channels: number,
    squeezeChannels: number,
    { activation = relu, gate = sigmoid }: SqueezeExcitationOptions = {},
  ) {
    super();
    this.fc1 = new Conv2d(channels, squeezeChannels, 1);
    this.fc2 = new Conv2d(squeezeChannels, channels, 1);
    this.#activation = activation;
    this.#gate = gate;
  }

  forward(x: Tensor): Tensor {
    return mul(x, this.weights(x));
  }

  /** The weights of the channels, [N, 1, 1, C]. */
  weights(x: Tensor): Tensor {
    const y = inOneGo(this.fc1, globalAvgPool(x), { activation: this.#activation });
    return inOneGo(this.fc2, y, { activation: this.#gate });
  }
}

/**
 * Any block followed by squeeze-and-excitation. (In a residual block it belongs before the addition: give `BasicBlock`
 * or `Bottleneck` the option `squeezeExcitation`.) Parameters: block, se.
 */
export class SqueezeExcited extends Module {
  readonly block: Module;
  readonly se: SqueezeExcitation;

  /**
   * @param channels Of what the block returns.
   * @param options.reduction The paper's r. @default 16
   * @throws OptionError unless the reduction is at least 1 and at most the number of channels.
   */
  constructor(
    block: Module,
    channels: number,
    { reduction = 16, ...options }: SqueezeExcitationOptions & { readonly reduction?: number } = {},
  ) {
    super();
    if (!(reduction >= 1 && reduction <= channels)) {
      throw new OptionError(`reduction must be from 1 to the ${channels} channels, not ${reduction}`, {
        operator: 'SqueezeExcited',
        rule: 'reduction',
        got: reduction,
        expected: `1 to ${channels}`,
      });
    }
    this.block = block;
    this.se = new SqueezeExcitation(channels, Math.floor(channels / reduction), options);
  }

  forward(x: Tensor): Tensor {
    return this.se.forward(this.block.forward(x));
  }
}
