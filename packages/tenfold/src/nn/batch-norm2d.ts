/** Batch normalisation as a layer; the formula is in ops/batch-norm.ts. */

import { type BatchNormOptions, batchNorm, batchNormRecord } from '../ops/batch-norm.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkCount } from './_check.js';
import { constant, constantParameter } from './init.js';
import { Module } from './module.js';
import { buffer, count, counter } from './parameter.js';

export class BatchNorm2d extends Module {
  readonly channels: number;
  readonly options: Omit<BatchNormOptions, 'training'>;
  weight: Tensor;
  bias: Tensor;
  runningMean: Tensor;
  runningVar: Tensor;
  /** How many batches the running statistics have seen; nothing reads it, but published checkpoints hold it. */
  numBatchesTracked: Tensor;

  /** @throws OptionError for an impossible number of channels, a negative eps, or a momentum outside 0 to 1. */
  constructor(channels: number, options: Omit<BatchNormOptions, 'training'> = {}) {
    super();
    checkCount('BatchNorm2d', 'channels', channels);
    batchNormRecord([1, channels], {}, { ...options, training: false });
    this.channels = channels;
    this.options = options;
    this.weight = constantParameter([channels], 1);
    this.bias = constantParameter([channels], 0);
    this.runningMean = buffer(constant([channels], 0), [channels]);
    this.runningVar = buffer(constant([channels], 1), [channels]);
    this.numBatchesTracked = counter();
  }

  /** Normalises x [N, H, W, channels]; in training with the batch's own statistics, which it also remembers. */
  forward(x: Tensor): Tensor {
    const y = batchNorm(x, this, { ...this.options, training: this.training });
    if (this.training) count(this.numBatchesTracked);
    return y;
  }
}
