/** Training that was saved and went on elsewhere has the same bits as training that was never interrupted. */

import { createHash } from 'node:crypto';
import type { Module, StoredTensor, Tensor } from 'tenfold';
import {
  crossEntropy,
  nn,
  optim,
  parseSafetensors,
  serializeSafetensors,
  tensor,
  trainStep,
  uniform,
} from 'tenfold';
import { describe, expect, test } from 'vitest';
import '../devices.js';
import { everyKindOfLayer } from './training.js';

type Build = (parameters: Tensor[] | optim.ParameterGroup[]) => optim.Optimizer;
type State = Map<string, StoredTensor>;

interface Run {
  readonly model: Module;
  readonly optimizer: optim.Optimizer;
  readonly ema: optim.ExponentialMovingAverage;
}

const schedule = optim.warmUp({ steps: 4 }, optim.cosine({ lr: 0.01, totalSteps: 20 }));

function begin(build: Build): Run {
  const model = everyKindOfLayer({ nn });
  const [first, ...others] = model.parameters();
  const optimizer = build([{ parameters: others }, { parameters: [first!], weightDecay: 0, lr: 0.005 }]);
  const ema = optim.exponentialMovingAverage(model, { decay: 0.99, warmUp: true });
  return { model, optimizer, ema };
}

async function train({ model, optimizer, ema }: Run, steps: number): Promise<number[]> {
  const losses: number[] = [];
  const shape = [4, 28, 28, 1];
  const last = model.parameters().at(-1)!;
  for (let count = 0; count < steps; count++) {
    const { steps: step } = optimizer;
    const images = uniform(4 * 28 * 28, -1, 1, { seed: 1, purpose: 'images', step });
    const labels = Int32Array.from({ length: 4 }, (_, index) => (3 * step + index) % 10);
    // Parameters that are thawed later are changed less often than others.
    last.requiresGrad = step >= 7;
    optimizer.lr = schedule(step);
    const body = () => crossEntropy(model.forward(tensor(images, shape)), tensor(labels));
    losses.push(await trainStep(optimizer, body, { seed: 5, clipGradNorm: 1 }));
    ema.update();
  }
  return losses;
}

/** Through the bytes of a file. */
async function stored(state: Promise<State>): Promise<State> {
  return parseSafetensors(serializeSafetensors(await state)).tensors;
}

/** The names in order, and a digest of each tensor's bits. */
const bitsOf = (states: readonly State[]) =>
  states.flatMap((state) =>
    Array.from(state, ([name, { data }]) => `${name} ${createHash('sha256').update(data).digest('hex')}`),
  );

const statesOf = async ({ model, optimizer, ema }: Run) => [
  await model.stateDict(),
  await optimizer.stateDict(),
  await ema.stateDict(),
];

function dispose({ model, optimizer, ema }: Run): void {
  for (const each of [ema, optimizer, model]) each.dispose();
}

describe('a saved and resumed run has the bits of an uninterrupted one', () => {
  test.each<[string, Build]>([
    ['sgd', (parameters) => optim.sgd(parameters, { lr: 0.01, weightDecay: 1e-3 })],
    [
      'sgd with momentum',
      (parameters) => optim.sgd(parameters, { lr: 0.01, momentum: 0.9, nesterov: true, weightDecay: 1e-3 }),
    ],
    ['adam', (parameters) => optim.adam(parameters, { lr: 0.01, weightDecay: 1e-3 })],
    ['adamw', (parameters) => optim.adamw(parameters, { lr: 0.01, weightDecay: 0.1 })],
    ['rmsprop', (parameters) => optim.rmsprop(parameters, { lr: 0.01, weightDecay: 1e-3 })],
    ['rmsprop with momentum', (parameters) => optim.rmsprop(parameters, { lr: 0.01, momentum: 0.9 })],
  ])('%s', async (_, build) => {
    const whole = begin(build);
    const losses = await train(whole, 20);
    const expected = bitsOf(await statesOf(whole));
    dispose(whole);

    const before = begin(build);
    const firstLosses = await train(before, 10);
    const saved = {
      model: await stored(before.model.stateDict()),
      optimizer: await stored(before.optimizer.stateDict()),
      ema: await stored(before.ema.stateDict()),
    };
    dispose(before);

    const after = begin(build);
    after.model.loadStateDict(saved.model);
    after.optimizer.loadStateDict(saved.optimizer);
    after.ema.loadStateDict(saved.ema);
    expect(after.optimizer.steps).toBe(10);
    const lastLosses = await train(after, 10);
    expect([...firstLosses, ...lastLosses]).toEqual(losses);
    expect(bitsOf(await statesOf(after))).toEqual(expected);
    dispose(after);
  });
});
