/**
 * How long each operator of a network takes on the device that it was built on. Each layer is run by itself: in use, layers
 * that are computed in one go take less together.
 */

import type { Module } from '../nn/module.js';
import { observing } from '../ops/_operator.js';
import { scope } from '../tensor/scope.js';
import { noGrad } from '../tensor/tape.js';
import { full } from '../tensor/tensor.js';

/** So many runs come first, in which kernels are compiled and memory is fetched. */
const warmUps = 2;

export interface LayerTimesOptions {
  /** The median of so many is taken. @default 5 */
  readonly runs?: number;
}

/**
 * Runs the forward pass of a model in evaluation mode, on the current device.
 *
 * @param inputShape [N, H, W, C]
 * @returns Milliseconds for every operator, in the order of `inspect`'s layers.
 */
export function layerTimes(
  model: Module,
  inputShape: readonly number[],
  { runs = 5 }: LayerTimesOptions = {},
): number[] {
  const perRun = Array.from({ length: warmUps + runs }, () => oneRun(model.eval(), inputShape)).slice(
    warmUps,
  );
  return perRun[0]!.map((_, step) => median(perRun.map((times) => times[step]!)));
}

function oneRun(model: Module, inputShape: readonly number[]): number[] {
  const times: number[] = [];
  scope(() => {
    const x = full(inputShape, 0.5);
    let last = performance.now();
    const observe = () => {
      const now = performance.now();
      times.push(now - last);
      last = now;
    };
    observing(observe, () => noGrad(() => model.forward(x)));
  });
  return times;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
