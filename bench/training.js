// A whole training step of the network that `npm start` trains, from host arrays to new parameters.

import { crossEntropy, optim, tensor, trainStep, uniform } from '../packages/tenfold/dist/index.js';

export function trainingCases({ models, cost }) {
  return [64, 256].map((batch) => {
    const { applications, multiplyAccumulates } = cost(() => models.mnistNet(), [batch, 28, 28, 1]);
    // The first layer's input needs no gradient.
    const first = applications[0].cost.multiplyAccumulates;
    return {
      name: `mnistNet, batch ${batch}`,
      direction: 'training step',
      flop: 2 * (3 * multiplyAccumulates - first),
      prepare() {
        const model = models.mnistNet({ seed: 1 });
        const optimizer = optim.sgd(model.parameters(), {
          lr: 0.01,
          momentum: 0.9,
          nesterov: true,
          weightDecay: 5e-4,
        });
        const images = uniform(batch * 28 * 28, -1, 1, { seed: 1, purpose: 'images' });
        const labels = Int32Array.from({ length: batch }, (_, index) => index % 10);
        return {
          body: () =>
            trainStep(optimizer, () =>
              crossEntropy(model.forward(tensor(images, [batch, 28, 28, 1])), tensor(labels, [batch])),
            ),
          release() {
            model.dispose();
            optimizer.dispose();
          },
        };
      },
    };
  });
}
