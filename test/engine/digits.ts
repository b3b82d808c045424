import { permutation } from 'tenfold';
import { openMnist } from '../../packages/cli/dist/data/sets/mnist.js';
import type { Digits } from './training.js';

/** The 1,600 digits of MNIST that the trainings of `training.ts` see, shuffled. */
export async function digits(): Promise<Digits> {
  const { train } = await openMnist();
  const order = permutation(train.count, { seed: 7, purpose: 'shuffle' }).subarray(0, 1600);
  const images = new Uint8Array(order.length * 784);
  order.forEach((from, to) => {
    images.set(train.images.subarray(from * 784, (from + 1) * 784), to * 784);
  });
  return { images, labels: Uint8Array.from(order, (index) => train.labels[index]!) };
}
