import { type BatchNormOptions, batchNorm } from 'tenfold';
import type { Case } from './_case.js';

interface Normalisation {
  readonly name: string;
  readonly x: readonly number[];
  readonly options: BatchNormOptions;
  /** The inputs that want no gradient. */
  readonly frozen?: readonly string[];
}

const normalisations: readonly Normalisation[] = [
  { name: 'training', x: [2, 6, 7, 5], options: { training: true } },
  { name: 'evaluation', x: [2, 4, 3, 6], options: { training: false } },
  {
    name: 'training with other constants',
    x: [3, 4, 5, 7],
    options: { training: true, momentum: 0.3, eps: 1e-3 },
  },
  { name: 'evaluation with another eps', x: [1, 5, 4, 3], options: { training: false, eps: 1e-2 } },
  { name: 'training with momentum 1', x: [2, 3, 4, 3], options: { training: true, momentum: 1 } },
  { name: 'training with momentum 0', x: [2, 3, 4, 3], options: { training: true, momentum: 0 } },
  { name: 'training on rows', x: [8, 6], options: { training: true } },
  { name: 'training on five axes', x: [2, 3, 2, 4, 3], options: { training: true } },
  { name: 'training, one channel', x: [2, 5, 3, 1], options: { training: true } },
  { name: 'evaluation of a single row', x: [1, 9], options: { training: false } },
  { name: 'evaluation of a batch of none', x: [0, 4, 3, 5], options: { training: false } },
  { name: 'training on a batch of none', x: [0, 4, 3, 5], options: { training: true } },
  { name: 'large, training', x: [2, 23, 30, 67], options: { training: true } },
  { name: 'large, evaluation', x: [2, 23, 30, 67], options: { training: false } },
  {
    name: 'the gradient of x alone',
    x: [2, 4, 5, 3],
    options: { training: true },
    frozen: ['weight', 'bias'],
  },
  {
    name: 'the gradients of weight and bias alone',
    x: [2, 4, 5, 3],
    options: { training: true },
    frozen: ['x'],
  },
];

export const cases: readonly Case[] = normalisations.map(({ name, x, options, frozen = [] }) => {
  const shape = [x.at(-1)!];
  return {
    name,
    inputs: {
      x: { shape: x, gradient: !frozen.includes('x') },
      weight: { shape, values: 'positive', gradient: !frozen.includes('weight') },
      bias: { shape, gradient: !frozen.includes('bias') },
      runningMean: { shape, gradient: false },
      runningVar: { shape, values: 'positive', gradient: false },
    },
    apply: (inputs) =>
      batchNorm(
        inputs.x!,
        {
          weight: inputs.weight!,
          bias: inputs.bias!,
          runningMean: inputs.runningMean!,
          runningVar: inputs.runningVar!,
        },
        options,
      ),
    output: x,
    mutates: options.training && options.momentum !== 0 && x[0]! > 0 ? ['runningMean', 'runningVar'] : [],
  };
});
