// Whole training steps, from host arrays to new parameters.

import {
  cost,
  crossEntropy,
  models,
  optim,
  tensor,
  trainStep,
  uniform,
} from '../../packages/tenfold/dist/index.js';

export const trainingSteps = [
  ['mnist_net', 64],
  ['mnist_net', 256],
  ['tenfold_net', 64],
].map(([network, batch]) => {
  const { height, width, channels } = models.find(network).input;
  const shape = [batch, height, width, channels];
  const { applications, multiplyAccumulates } = cost(() => models.create(network), shape);
  // The first layer's input needs no gradient.
  const first = applications.find((each) => each.cost.multiplyAccumulates > 0).cost.multiplyAccumulates;
  return {
    group: 'training steps',
    name: `${network}, batch ${batch}`,
    flop: 2 * (3 * multiplyAccumulates - first),
    prepare() {
      const model = models.create(network, { seed: 1 });
      const optimizer = optim.sgd(model.parameters(), {
        lr: 0.01,
        momentum: 0.9,
        nesterov: true,
        weightDecay: 5e-4,
      });
      const images = uniform(batch * height * width * channels, -1, 1, { seed: 1, purpose: 'images' });
      const classes = Int32Array.from({ length: batch }, (_, index) => index % 10);
      return {
        run: () =>
          trainStep(optimizer, () =>
            crossEntropy(model.forward(tensor(images, shape)), tensor(classes, [batch])),
          ),
        release() {
          model.dispose();
          optimizer.dispose();
        },
      };
    },
  };
});
