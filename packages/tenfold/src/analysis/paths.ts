/**
 * The ways through a network: skip connections and branches make it a collection of networks of many lengths (Veit, Wilber
 * and Belongie 2016, "Residual Networks Behave Like Ensembles of Relatively Shallow Networks"; n residual blocks have 2^n
 * paths). The length of a path is the number of convolutions and linear layers on it. Gates that come from global pooling
 * (squeeze-and-excitation) weight a path and are none.
 */

import { readingOf } from './_taps.js';
import type { Trace, TracedStep, TracedTensor } from './trace.js';

export interface Paths {
  /** Exact, however many. */
  readonly count: bigint;
  readonly shortest: number;
  readonly longest: number;
  readonly meanLength: number;
  /** How many paths have each length, from the shortest to the longest. */
  readonly lengths: readonly { readonly length: number; readonly count: bigint }[];
}

/** @param to Where the paths end, which begin at the network's input. */
export function paths({ steps, input }: Trace, to: TracedTensor): Paths {
  const byLength = new Map<number, readonly bigint[]>([[input.index, [1n]]]);
  for (const step of steps.slice(0, (to.step ?? -1) + 1)) {
    const sum: bigint[] = [];
    for (const one of inputsOnPaths(step)) {
      const counts = byLength.get(one.index) ?? [];
      for (const [length, count] of counts.entries()) sum[length] = (sum[length] ?? 0n) + count;
    }
    if (sum.length === 0) continue;
    const filled = Array.from(sum, (count) => count ?? 0n);
    byLength.set(step.output.index, hasWeights(step) ? [0n, ...filled] : filled);
  }
  return summary(byLength.get(to.index) ?? []);
}

/** What a path may come from: whatever depends on the input, but not through global pooling. */
function inputsOnPaths({ operator, record, inputs, output }: TracedStep): TracedTensor[] {
  return inputs.flatMap((one, index) => {
    if (!one?.fromInput) return [];
    return readingOf(operator.field(record, index), one, output).vertical === undefined ? [] : [one];
  });
}

/** Convolutions and products with weights. */
export function hasWeights({ operator, record, inputs }: TracedStep): boolean {
  return operator.cost(record).multiplyAccumulates > 0 && inputs.some((one) => one?.role === 'parameter');
}

function summary(counts: readonly bigint[]): Paths {
  const lengths = counts.flatMap((count, length) => (count > 0n ? [{ length, count }] : []));
  const count = lengths.reduce((sum, one) => sum + one.count, 0n);
  const total = lengths.reduce((sum, one) => sum + one.count * BigInt(one.length), 0n);
  return {
    count,
    shortest: lengths[0]?.length ?? 0,
    longest: lengths.at(-1)?.length ?? 0,
    meanLength: count === 0n ? 0 : Number((total * 1_000_000n) / count) / 1_000_000,
    lengths,
  };
}
