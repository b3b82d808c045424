/** What may follow a convolution: in its kernel where no input wants a gradient, by operators of their own where one does. */

import {
  type Activation,
  type Epilogue,
  hardsigmoid,
  hardswish,
  leakyRelu,
  relu,
  relu6,
  sigmoid,
  silu,
  type Tensor,
} from 'tenfold';
import type { Input } from './_case.js';

export interface Follower {
  readonly name: string;
  readonly bias: boolean;
  readonly norm: boolean;
  readonly residual: boolean;
  readonly activation: Activation | undefined;
}

const activations: Readonly<Record<string, Activation | undefined>> = {
  'no activation': undefined,
  relu,
  relu6,
  hardswish,
  silu,
  hardsigmoid,
  sigmoid,
  'a function that kernels do not know': (x) => leakyRelu(x, { negativeSlope: 0.2 }),
};

/** Each activation after all that there is, and relu after everything else that there may be. */
export const followers: readonly Follower[] = [
  ...Object.entries(activations).map(([name, activation]) => ({
    name: `bias, norm, residual, ${name}`,
    bias: true,
    norm: true,
    residual: true,
    activation,
  })),
  ...Array.from({ length: 7 }, (_, index) => {
    const [bias, norm, residual] = [1, 2, 4].map((bit) => (index & bit) > 0) as [boolean, boolean, boolean];
    const name = [bias && 'bias', norm && 'norm', residual && 'residual', 'relu'].filter(Boolean).join(', ');
    return { name, bias, norm, residual, activation: relu };
  }),
];

/** The inputs that a follower needs; the result has shape `output`. */
export function followerInputs(
  { norm, residual }: Follower,
  output: readonly number[],
  gradient: boolean,
): Record<string, Input> {
  const shape = output.slice(-1);
  return {
    ...(norm && {
      normWeight: { shape, values: 'positive', gradient },
      normBias: { shape, values: { from: -3, to: 3 }, gradient },
      runningMean: { shape, gradient: false },
      runningVar: { shape, values: 'positive', gradient: false },
    }),
    ...(residual && { residual: { shape: output, values: { from: -4, to: 6 }, gradient } }),
  };
}

export function epilogueOf({ activation }: Follower, inputs: Readonly<Record<string, Tensor>>): Epilogue {
  const { normWeight, normBias, runningMean, runningVar, residual } = inputs;
  const norm = normWeight && {
    weight: normWeight,
    bias: normBias!,
    runningMean: runningMean!,
    runningVar: runningVar!,
    eps: 1e-3,
  };
  return { norm, residual, activation };
}
