// Does a deformable convolution help where things are bent? Four networks learn warped Fashion-MNIST, each with five seeds.
//
//   node studies/warped-fashion/run.js

import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  cost,
  crossEntropy,
  optim,
  permutation,
  predict,
  seeded,
  start,
  stop,
  tensor,
  trainStep,
  writeSafetensors,
} from 'tenfold';
import { batchMaker } from '../../packages/cli/dist/data/loader/batch.js';
import { percent, study, summary } from '../study.js';
import { arms, network, parameterGroups } from './network.js';
import { warpedFashion } from './warp.js';

const file = fileURLToPath(new URL('results.json', import.meta.url));
const weights = new URL('../../runs/warped-fashion/', import.meta.url);
const seeds = [1, 2, 3, 4, 5];
const epochs = 8;
const batchSize = 64;
const maxLr = 0.1;

const { train, test, normalisation } = await warpedFashion();
await start({ threads: 1 });
const results = await study({ file, arms: Object.keys(arms), seeds, run });
await stop();
report();

async function run(arm, seed) {
  const begun = performance.now();
  const model = seeded(seed, () => network(arm));
  const optimizer = optim.sgd(parameterGroups(arm, model, maxLr), {
    lr: maxLr,
    momentum: 0.9,
    nesterov: true,
    weightDecay: 5e-4,
  });
  const make = batchMaker({ set: train, normalisation, augmentation: 'none', seed });
  const steps = Math.floor(train.count / batchSize);
  const schedule = optim.oneCycle({ maxLr, totalSteps: epochs * steps });
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = permutation(train.count, { seed, purpose: 'order of pictures', step: epoch });
    let total = 0;
    for (let step = 0; step < steps; step++) {
      const { images, labels, shape } = make(order.slice(step * batchSize, (step + 1) * batchSize), epoch);
      optimizer.lr = schedule(optimizer.steps);
      total += await trainStep(optimizer, () =>
        crossEntropy(model.forward(tensor(images, shape)), tensor(labels, [shape[0]])),
      );
    }
    console.log(`  epoch ${epoch + 1}/${epochs}, loss ${(total / steps).toFixed(4)}`);
  }
  const testAccuracy = await accuracy(model);
  const { multiplyAccumulates, parameters } = cost(() => network(arm), [1, 28, 28, 1]);
  // Those of the first seed are drawn.
  if (seed === seeds[0]) {
    mkdirSync(weights, { recursive: true });
    await writeSafetensors(fileURLToPath(new URL(`${arm}.safetensors`, weights)), await model.stateDict());
  }
  model.dispose();
  optimizer.dispose();
  const seconds = Math.round((performance.now() - begun) / 1000);
  return { testAccuracy, multiplyAccumulates, parameters, seconds };
}

async function accuracy(model) {
  model.eval();
  const make = batchMaker({ set: test, normalisation, augmentation: 'none', seed: 0 });
  let right = 0;
  for (let first = 0; first < test.count; first += 250) {
    const indices = Int32Array.from({ length: Math.min(250, test.count - first) }, (_, i) => first + i);
    const { images, labels, shape } = make(indices, 0);
    const logits = await predict(() => model.forward(tensor(images, shape)));
    for (const [i, label] of labels.entries()) {
      const row = logits.subarray(i * 10, (i + 1) * 10);
      if (row.indexOf(Math.max(...row)) === label) right++;
    }
  }
  return right / test.count;
}

/** Means, and each arm's difference from the deformable one, seed by seed, with Student's t of four degrees of freedom. */
function report() {
  const of = (arm) =>
    seeds.map((seed) => results.find((result) => result.arm === arm && result.seed === seed).testAccuracy);
  for (const arm of Object.keys(arms)) {
    const { multiplyAccumulates } = results.find((result) => result.arm === arm);
    const gains = of('deformable').map((accuracy, index) => accuracy - of(arm)[index]);
    const { mean, deviation } = summary(gains);
    const t = mean / (deviation / Math.sqrt(gains.length));
    const paired =
      arm === 'deformable' ? '' : `  deformable gains ${percent(gains)} (paired t ${t.toFixed(2)})`;
    console.log(`${arm.padEnd(36)}${multiplyAccumulates} MAC  ${percent(of(arm))}${paired}`);
  }
}
