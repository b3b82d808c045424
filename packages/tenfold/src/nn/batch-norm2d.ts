/** Batch normalisation as a layer; the formula is in ops/batch-norm.ts. */

import { sameShape } from '../device/device.js';
import { type BatchNormOptions, batchNorm, batchNormRecord } from '../ops/batch-norm.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkCount } from './_check.js';
import { type Following, follow } from './_in-one-go.js';
import { constant, constantParameter } from './init.js';
import { Module } from './module.js';
import { buffer, count, counter } from './parameter.js';

export type BatchNorm2dOptions = Pick<BatchNormOptions, 'momentum' | 'eps'>;

export class BatchNorm2d extends Module {
  static readonly following: unknown = this.prototype.forward;
  readonly channels: number;
  readonly options: BatchNorm2dOptions;
  weight: Tensor;
  bias: Tensor;
  runningMean: Tensor;
  runningVar: Tensor;
  /** How many batches the running statistics have seen; nothing reads it, but published checkpoints hold it. */
  numBatchesTracked: Tensor;

  /** @throws OptionError for an impossible number of channels, a negative eps, or a momentum outside 0 to 1. */
  constructor(channels: number, options: BatchNorm2dOptions = {}) {
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
  forward(x: Tensor, following: Following = {}): Tensor {
    const y = this.#normalise(x, following);
    if (this.training) count(this.numBatchesTracked);
    return y;
  }

  #normalise(x: Tensor, { norm, residual: makeResidual, activation }: Following): Tensor {
    const options = { ...this.options, training: this.training };
    if (norm !== undefined) {
      return follow(batchNorm(x, this, options), { norm, residual: makeResidual, activation });
    }
    const residual = makeResidual?.();
    if (residual !== undefined && !sameShape(residual.shape, x.shape)) {
      // A residual that broadcasts.
      return follow(batchNorm(x, this, options), { residual: () => residual, activation });
    }
    return batchNorm(x, this, { ...options, residual, activation });
  }
}
