/** Convolutions one after the other, each with normalisation and activation, under the names conv1, bn1, conv2, ... */

import { Conv2d } from '../nn/conv2d.js';
import type { Module } from '../nn/module.js';
import type { Pair } from '../ops/_window.js';
import type { Conv2dOptions } from '../ops/conv2d.js';
import { relu } from '../ops/relu.js';
import { Activate, type Activation, type MakeLayer, plainBatchNorm } from './_parts.js';

export interface StackOptions {
  /** @default batch normalisation; false: none, then the convolutions have biases, unless told otherwise */
  readonly norm?: MakeLayer | false;
  /** @default relu; false: none. Without either, the stack is one linear map. */
  readonly activation?: Activation | false;
  /** @default whether there is no normalisation */
  readonly bias?: boolean;
}

export interface StackLayer extends Conv2dOptions {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: Pair;
}

export function convStack(
  layers: readonly StackLayer[],
  { norm = plainBatchNorm, activation = relu, bias = !norm }: StackOptions = {},
): Readonly<Record<string, Module>> {
  const modules: Record<string, Module> = {};
  layers.forEach(({ inChannels, outChannels, kernelSize, ...options }, index) => {
    const number = index + 1;
    modules[`conv${number}`] = new Conv2d(inChannels, outChannels, kernelSize, { ...options, bias });
    if (norm) modules[`bn${number}`] = norm(outChannels);
    if (activation) modules[`act${number}`] = new Activate(activation);
  });
  return modules;
}
