// Is a network that has learnt clothes a better beginning for digits than chance? mnist_net learns Fashion-MNIST, then 100
// digits of each class of MNIST: from scratch, from the clothes' weights, and from them with the first layers frozen. Seed
// s takes the s-th hundred of each class, so that the spread over seeds is one of images, too.
//
//   node studies/transfer/run.js

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openDataSet } from '../../packages/cli/dist/data/index.js';
import { percent, study, train } from '../study.js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const runs = here('../../runs/transfer');
const pretrained = `${runs}/pretrained/best.safetensors`;
const digitsPerClass = 100;

const arms = {
  'from scratch': [],
  'from clothes': ['--init', pretrained],
  'from clothes, first half frozen': ['--init', pretrained, '--freeze', 'conv1.*,bn1.*,conv2.*,bn2.*'],
};

if (!existsSync(pretrained)) {
  console.log('pretraining on Fashion-MNIST');
  await train(
    ['--model', 'mnist_net', '--data', 'fashion-mnist', '--augment', 'auto', '--epochs', '8'],
    `${runs}/pretrained`,
  );
}

const mnist = await openDataSet('mnist', {});
const results = await study({
  file: here('results.json'),
  arms: Object.keys(arms),
  seeds: [1, 2, 3],
  run: async (arm, seed) => {
    const folder = `${runs}/digits-${seed}`;
    if (!existsSync(folder)) writeDigits(folder, seed);
    const learning = ['--epochs', '40', '--batch-size', '32', '--lr', '0.05', '--validation-fraction', '0'];
    const options = ['--model', 'mnist_net', '--data', 'idx', '--data-dir', folder, '--seed', String(seed)];
    const out = `${runs}/${arm.replaceAll(/[, ]+/g, '-')}-${seed}`;
    const { testAccuracy, seconds } = await train([...options, ...learning, ...arms[arm]], out);
    return { testAccuracy, seconds };
  },
});

for (const arm of Object.keys(arms)) {
  console.log(
    `${arm.padEnd(34)}${percent(results.filter((result) => result.arm === arm).map((result) => result.testAccuracy))}`,
  );
}

/** The seed's hundred digits of each class, and all test images, as IDX files. */
function writeDigits(folder, seed) {
  const taken = Array.from({ length: 10 }, () => 0);
  const chosen = Array.from(mnist.train.labels.keys()).filter((image) => {
    const place = taken[mnist.train.labels[image]]++;
    return place >= (seed - 1) * digitsPerClass && place < seed * digitsPerClass;
  });
  mkdirSync(folder, { recursive: true });
  writeSet(folder, 'train', mnist.train, chosen);
  writeSet(folder, 't10k', mnist.test, Array.from(mnist.test.labels.keys()));
}

function writeSet(folder, name, { images, labels, height, width }, chosen) {
  const size = height * width;
  const pixels = chosen.map((image) => images.subarray(image * size, (image + 1) * size));
  writeFileSync(
    `${folder}/${name}-images-idx3-ubyte`,
    Buffer.concat([header(3, chosen.length, height, width), ...pixels]),
  );
  writeFileSync(
    `${folder}/${name}-labels-idx1-ubyte`,
    Buffer.concat([header(1, chosen.length), Buffer.from(chosen.map((image) => labels[image]))]),
  );
}

/** Bytes of unsigned numbers with so many axes. */
function header(axes, ...sizes) {
  const bytes = Buffer.alloc(4 + 4 * axes);
  bytes.set([0, 0, 8, axes]);
  for (const [axis, size] of sizes.entries()) bytes.writeUInt32BE(size, 4 + 4 * axis);
  return bytes;
}
