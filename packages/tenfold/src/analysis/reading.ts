/**
 * Which layer reads which, without a layer in between: in a chain each the one before, in a dense block all before it, by
 * concatenation (Huang et al. 2017, DenseNet, figure 1), in a residual network all blocks before, by sums (Veit et al.
 * 2016, figure 1). Layers are the steps with weights.
 */

import { hasWeights } from './paths.js';
import type { Trace } from './trace.js';

export interface LayerReading {
  /** The index of the layer's step. */
  readonly step: number;
  /** The steps of the layers that it reads, in order; -1 is the network's input. */
  readonly reads: readonly number[];
}

export function layerReadings({ steps, input }: Trace): LayerReading[] {
  const behind = new Map<number, readonly number[]>([[input.index, [-1]]]);
  const readings: LayerReading[] = [];
  for (const step of steps) {
    const lists = step.inputs.flatMap((one) => (one?.fromInput ? [behind.get(one.index) ?? []] : []));
    if (lists.length === 0) continue;
    const reads = lists.length === 1 ? lists[0]! : [...new Set(lists.flat())].sort((a, b) => a - b);
    const isLayer = hasWeights(step);
    if (isLayer) readings.push({ step: step.index, reads });
    for (const made of [step.output, ...step.others]) behind.set(made.index, isLayer ? [step.index] : reads);
  }
  return readings;
}
