/** A small network with every kind of layer, and 50 steps of training it on real digits: what must be the same everywhere. */

import { createHash } from 'node:crypto';
import { crossEntropy, nn, optim, permutation, tensor, trainStep } from 'tenfold';
import { openMnist } from '../../packages/cli/dist/data/sets/mnist.js';

const { Conv2d, BatchNorm2d, ReLU, MaxPool2d, Dropout, Flatten, Linear, Sequential } = nn;

export function everyKindOfLayer(): nn.Sequential {
  return nn.seeded(
    7,
    () =>
      new Sequential(
        new Conv2d(1, 12, 5, { stride: 2, padding: 2, bias: false }),
        new BatchNorm2d(12),
        new ReLU(),
        new Conv2d(12, 12, 3, { padding: 1, groups: 12 }),
        new Conv2d(12, 20, 1),
        new ReLU(),
        new Conv2d(20, 20, 3, { padding: 2, dilation: 2, groups: 2 }),
        new Conv2d(20, 20, 3, { padding: 1 }),
        new BatchNorm2d(20),
        new ReLU(),
        new MaxPool2d(3, { stride: 2, padding: 1 }),
        new Dropout(0.25),
        new Flatten(),
        new Linear(20 * 7 * 7, 10),
      ),
  );
}

export interface TrainingResult {
  readonly losses: readonly number[];
  /** SHA-256 over all losses, then all parameters and buffers, bit by bit. */
  readonly checksum: string;
}

export async function train50Steps(): Promise<TrainingResult> {
  const model = everyKindOfLayer();
  const optimizer = optim.sgd(model.parameters(), {
    lr: 0.05,
    momentum: 0.9,
    nesterov: true,
    weightDecay: 5e-4,
  });
  const schedule = optim.oneCycle({ maxLr: 0.05, totalSteps: 50 });
  const { train } = await openMnist();
  const order = permutation(train.count, { seed: 7, purpose: 'shuffle' }).subarray(0, 50 * 32);
  const losses: number[] = [];
  for (let first = 0; first < order.length; first += 32) {
    const chosen = [...order.subarray(first, first + 32)];
    const pixels = chosen.flatMap((index) => [...train.images.subarray(index * 784, (index + 1) * 784)]);
    const images = Float32Array.from(pixels, (byte) => (byte / 255 - 0.1307) / 0.3081);
    const labels = Int32Array.from(chosen, (index) => train.labels[index]!);
    optimizer.lr = schedule(losses.length);
    const step = () =>
      crossEntropy(model.forward(tensor(images, [32, 28, 28, 1])), tensor(labels, [32]), {
        labelSmoothing: 0.1,
      });
    losses.push(await trainStep(optimizer, step, { seed: 7, clipGradNorm: 2 }));
  }
  const hash = createHash('sha256').update(Float32Array.from(losses));
  for (const [name, { data }] of await model.stateDict()) hash.update(name).update(data);
  model.dispose();
  optimizer.dispose();
  return { losses, checksum: hash.digest('hex') };
}
