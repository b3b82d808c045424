/**
 * How much memory activations take: at the worst moment of inference, if each is freed behind its last reader, and what a
 * forward pass keeps for the backward pass. Parameters, gradients and the workspaces of kernels come on top.
 */

import { bytesPerElement, elements, type Spec } from '../device/device.js';
import type { Trace, TracedStep } from './trace.js';

export function bytesOf({ shape, dtype }: Spec): number {
  return elements(shape) * bytesPerElement[dtype];
}

export interface InferencePeak {
  readonly bytes: number;
  /** The step at which it is reached. */
  readonly step: number;
}

/** Parameters are not counted, by-products of an operator only while it runs, and none that its gradient alone needs. */
export function inferencePeak({ steps, input, output, tensors }: Trace): InferencePeak {
  const lastReader = new Map<number, number>([[output.storage, steps.length]]);
  for (const { index, inputs } of steps) {
    for (const one of inputs) {
      if (one !== undefined) lastReader.set(one.storage, Math.max(index, lastReader.get(one.storage) ?? 0));
    }
  }
  const isActivation = (index: number) => ['input', 'result', 'constant'].includes(tensors[index]!.role);
  let alive = bytesOf(input);
  const held = new Set([input.storage]);
  let peak: InferencePeak = { bytes: alive, step: 0 };
  for (const { index, operator, record, inputs, output: result, others, specs } of steps) {
    const made = [result, ...others].filter(({ storage }) => !held.has(storage));
    for (const { storage } of made) held.add(storage);
    const byProducts = operator.view?.(record)
      ? 0
      : specs
          .filter((_, place) => place > others.length && !operator.forGradient?.includes(place))
          .reduce((sum, spec) => sum + bytesOf(spec), 0);
    alive += made.reduce((sum, one) => sum + bytesOf(one), 0);
    if (alive + byProducts > peak.bytes) peak = { bytes: alive + byProducts, step: index };
    for (const one of [...inputs, result, ...others]) {
      if (one === undefined || !isActivation(one.index) || !held.has(one.storage)) continue;
      if ((lastReader.get(one.storage) ?? index) > index) continue;
      held.delete(one.storage);
      alive -= bytesOf(one);
    }
  }
  return peak;
}

/** For each step the bytes that it keeps for its gradient and that no step before it keeps; parameters do not count. */
export function keptForTraining({ steps }: Trace): number[] {
  const kept = new Set<number>();
  return steps.map((step) => {
    const { inputs, outputs } = retainedBy(step);
    let bytes = 0;
    for (const one of inputs) {
      if (one === undefined || one.role === 'parameter' || one.role === 'buffer' || kept.has(one.storage))
        continue;
      kept.add(one.storage);
      bytes += bytesOf(one);
    }
    for (const index of outputs) {
      const named = [step.output, ...step.others][index];
      if (named !== undefined && kept.has(named.storage)) continue;
      if (named !== undefined) kept.add(named.storage);
      bytes += bytesOf(step.specs[index]!);
    }
    return bytes;
  });
}

/** What a step keeps, as the tape does: inputs, and outputs by index. */
function retainedBy({ operator, record, inputs, output }: TracedStep) {
  const wanted = inputs.map((one) => one?.hasGradient ?? false);
  if (!output.hasGradient) return { inputs: [], outputs: [] };
  const retain = operator.retain(wanted, record);
  return { inputs: (retain.inputs ?? []).map((index) => inputs[index]), outputs: retain.outputs ?? [] };
}
