// @ts-check
/** Trains one network on the shapes, and measures it. */

import { argmax, crossEntropy, optim, permutation, predict, seeded, tensor, trainStep } from 'tenfold';
import { Scores } from './scores.js';
import { side } from './shapes.js';

/** The same for every arm. */
export const recipe = { epochs: 8, batchSize: 8, lr: 0.01, weightDecay: 1e-4 };

const pixels = side * side;

/**
 * @typedef {object} Trained
 * @property {import('tenfold').Module} model In evaluation mode; whoever gets it disposes of it
 * @property {number[]} losses The mean cross entropy of each epoch
 * @property {ReturnType<Scores['result']>} scores Of `test`
 */

/**
 * @param {object} what
 * @param {() => import('tenfold').Module} what.build
 * @param {number} what.seed Decides first weights, order and dropout
 * @param {import('./shapes.js').Shapes} what.training
 * @param {import('./shapes.js').Shapes} what.test
 * @param {Partial<typeof recipe>} [what.changes] To the recipe
 * @param {(progress: { step: number, steps: number, loss: number }) => void} [what.onStep]
 * @returns {Promise<Trained>}
 */
export async function train({ build, seed, training, test, changes = {}, onStep = () => {} }) {
  const { epochs, batchSize, lr, weightDecay } = { ...recipe, ...changes };
  const model = seeded(seed, build);
  const optimizer = optim.adamw(model.parameters(), { lr, weightDecay });
  const stepsPerEpoch = Math.floor(training.count / batchSize);
  const steps = epochs * stepsPerEpoch;
  const schedule = optim.oneCycle({ maxLr: lr, totalSteps: steps });
  const losses = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = permutation(training.count, { seed, purpose: 'order', step: epoch });
    let sum = 0;
    for (let step = 0; step < stepsPerEpoch; step++) {
      const { images, labels } = batch(training, order.subarray(step * batchSize, (step + 1) * batchSize));
      optimizer.lr = schedule(optimizer.steps);
      const loss = await trainStep(
        optimizer,
        () =>
          crossEntropy(
            model.forward(tensor(images, [batchSize, side, side, 1])),
            tensor(labels, [batchSize, side, side]),
          ),
        { seed, requireFinite: true },
      );
      sum += loss;
      onStep({ step: epoch * stepsPerEpoch + step + 1, steps, loss });
    }
    losses.push(sum / stepsPerEpoch);
  }
  optimizer.dispose();
  model.eval();
  return { model, losses, scores: await evaluate(model, test) };
}

/**
 * @param {import('tenfold').Module} model
 * @param {import('./shapes.js').Shapes} set
 */
export async function evaluate(model, set) {
  const scores = new Scores();
  const size = 16;
  for (let first = 0; first < set.count; first += size) {
    const indices = Int32Array.from({ length: Math.min(size, set.count - first) }, (_, at) => first + at);
    const predictions = await segment(model, set, indices);
    const part = [first * pixels, (first + indices.length) * pixels];
    scores.add(set.labels.subarray(...part), predictions, set.regions.subarray(...part));
  }
  return scores.result();
}

/**
 * The class of each pixel of some images.
 *
 * @param {import('tenfold').Module} model
 * @param {import('./shapes.js').Shapes} set
 * @param {Int32Array} indices
 */
export async function segment(model, set, indices) {
  const { images } = batch(set, indices);
  return predict(() => argmax(model.forward(tensor(images, [indices.length, side, side, 1]))));
}

/**
 * @param {import('./shapes.js').Shapes} set
 * @param {Int32Array} indices
 */
function batch(set, indices) {
  const images = new Float32Array(indices.length * pixels);
  const labels = new Int32Array(indices.length * pixels);
  indices.forEach((index, slot) => {
    const part = [index * pixels, (index + 1) * pixels];
    labels.set(set.labels.subarray(...part), slot * pixels);
    const bytes = set.images.subarray(...part);
    for (let pixel = 0; pixel < pixels; pixel++) images[slot * pixels + pixel] = bytes[pixel] / 127.5 - 1;
  });
  return { images, labels };
}
