// How much of a training step of the command is spent in kernels; the rest is the loader, the tape and bookkeeping.
//
//   node bench/share-of-kernels.js [--steps 200] [--threads 2] [any learning option of tenfold train as name=value]

import { parseArgs } from 'node:util';
import { prepareTraining } from '../packages/cli/dist/training/prepare-training.js';
import { trainEpoch } from '../packages/cli/dist/training/train-epoch.js';
import { learningOptions } from '../packages/cli/dist/training/train-options.js';
import { openTrainingData } from '../packages/cli/dist/training/training-data.js';
import { freshState } from '../packages/cli/dist/training/training-state.js';
import { start, stop } from '../packages/tenfold/dist/index.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { steps: { type: 'string', default: '200' }, threads: { type: 'string' } },
});
const given = positionals.map((pair) => pair.split('='));
const options = learningOptions(
  Object.fromEntries(given.map(([name, text]) => [name, Number.isNaN(Number(text)) ? text : Number(text)])),
);
const steps = Number(values.steps);
const limit = steps * options.batchSize;

const device = await start(values.threads === undefined ? {} : { threads: Number(values.threads) });
const data = await openTrainingData({ ...options, limit });
const training = await prepareTraining(options, data, {
  signal: new AbortController().signal,
  say: console.log,
});

let inKernels = 0;
const run = device.run;
device.run = (...parameters) => {
  const begun = performance.now();
  run.apply(device, parameters);
  inKernels += performance.now() - begun;
};

const shares = [];
const milliseconds = [];
let begun = performance.now();
await trainEpoch(training, freshState(options, data.augmentation, ''), () => {
  const now = performance.now();
  shares.push(inKernels / (now - begun));
  milliseconds.push(now - begun);
  inKernels = 0;
  begun = performance.now();
});
await training.loader.close();
await stop();

// A busy machine interrupts most steps somewhere; the fastest ones tell how long the work takes.
const order = [...milliseconds.keys()].sort((a, b) => milliseconds[a] - milliseconds[b]);
const report = (name, chosen) => {
  const total = chosen.reduce((sum, step) => sum + milliseconds[step], 0);
  const kernels = chosen.reduce((sum, step) => sum + milliseconds[step] * shares[step], 0);
  console.log(
    `${name}: ${(total / chosen.length).toFixed(2)} ms a step, ${((100 * kernels) / total).toFixed(1)} % of it in kernels`,
  );
};
console.log(
  `${device.description}, ${options.model}, batch ${options.batchSize}, augmentation ${data.augmentation}`,
);
report('the fastest tenth', order.slice(0, Math.ceil(order.length / 10)));
report('all', order);
