/** One application of an operator, forward and backward, on any device. */

import { type Device, full, mul, onDevice, scope, sum, type Tensor, type TypedArray, tensor } from 'tenfold';

export interface Given {
  readonly shape: readonly number[];
  readonly data: TypedArray;
  /** Whether its gradient is wanted. */
  readonly gradient: boolean;
}

export type Tensors = Readonly<Record<string, Tensor>>;

export interface Trial {
  readonly inputs: Readonly<Record<string, Given>>;
  /** The result; or several, of which the first is differentiated, if any input wants its gradient and it has one. */
  readonly apply: (inputs: Tensors) => Tensor | readonly [Tensor, ...Tensor[]];
  /** gradient(y), for a y of this shape: what is differentiated is sum(y * outputGradient). */
  readonly outputGradient: (shape: readonly number[]) => Float32Array;
}

/**
 * What a trial leaves: `y`, further results as `y 1` and so on, `gradient(x)` for every input x that wants one, and
 * `x afterwards` for every input.
 */
export interface Performance {
  readonly inputs: Tensors;
  readonly results: Tensors;
  dispose(): void;
}

export function perform(device: Device, { inputs, apply, outputGradient }: Trial): Performance {
  return onDevice(device, () => {
    const tensors: Record<string, Tensor> = {};
    for (const [name, { shape, data, gradient }] of Object.entries(inputs)) {
      tensors[name] = tensor(data, shape, { requiresGrad: gradient });
      leaveGarbage(shape);
    }
    const [y, ...others] = scope(() => {
      const applied = firstAndOthers(apply(tensors));
      const [result] = applied;
      leaveGarbage(result.shape);
      if (result.requiresGrad) {
        sum(mul(result, tensor(outputGradient(result.shape), result.shape))).backward();
      }
      return applied;
    });
    const results: Record<string, Tensor> = { y };
    others.forEach((other, index) => {
      results[`y ${index + 1}`] = other;
    });
    for (const [name, { gradient }] of Object.entries(inputs)) {
      results[`${name} afterwards`] = tensors[name]!;
      if (!gradient) continue;
      const arrived = tensors[name]!.grad;
      if (arrived === undefined) throw new Error(`no gradient arrived at ${name}`);
      results[`gradient(${name})`] = arrived;
    }
    const dispose = () => {
      for (const result of Object.values(results)) result.dispose();
    };
    return { inputs: tensors, results, dispose };
  });
}

export function firstAndOthers(applied: ReturnType<Trial['apply']>): readonly [Tensor, ...Tensor[]] {
  return 'shape' in applied ? [applied] : applied;
}

/** Frees memory full of NaN, so that a kernel which forgets to write, or adds to what it finds, is seen. */
function leaveGarbage(shape: readonly number[]): void {
  full(shape, Number.NaN).dispose();
}

export interface Found {
  readonly shape: readonly number[];
  readonly data: TypedArray;
}

/** Performs the trial and reads what it leaves. */
export async function outcome(device: Device, trial: Trial): Promise<Readonly<Record<string, Found>>> {
  const { results, dispose } = perform(device, trial);
  const found: Record<string, Found> = {};
  for (const [name, result] of Object.entries(results)) {
    found[name] = { shape: result.shape, data: await result.data() };
  }
  dispose();
  return found;
}
