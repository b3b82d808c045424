/** A convolution with what follows it, in one go where results need not be seen before. */

import type { Epilogue } from '../ops/_epilogue.js';
import { needsTape, type Tensor } from '../tensor/tensor.js';
import { type Following, follow, leads } from './_in-one-go.js';
import { BatchNorm2d } from './batch-norm2d.js';
import type { Module } from './module.js';

/**
 * @param inputs Of the convolution.
 * @param convolution Applies it.
 */
export function convolve(
  inputs: readonly (Tensor | undefined)[],
  following: Following,
  convolution: (epilogue?: Epilogue) => Tensor,
): Tensor {
  const { norm, residual, activation } = following;
  if (needsTape(inputs) || !(norm === undefined || usesRunningStatistics(norm))) {
    return follow(convolution(), following);
  }
  return convolution({ norm: norm && parametersOf(norm), residual: residual?.(), activation });
}

function usesRunningStatistics(norm: Module): norm is BatchNorm2d {
  return norm instanceof BatchNorm2d && leads(norm) && !norm.training;
}

function parametersOf({ weight, bias, runningMean, runningVar, options: { eps } }: BatchNorm2d) {
  return { weight, bias, runningMean, runningVar, eps };
}
