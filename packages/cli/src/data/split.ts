import { permutation } from 'tenfold';

/** Which images of the training set the network learns from, and which ones only measure it. */
export interface Split {
  readonly training: Int32Array;
  readonly validation: Int32Array;
}

/** Holds back a random tenth of `count` images for validation. */
export function splitForValidation(count: number, seed: number): Split {
  const order = permutation(count, { seed, purpose: 'validation-split', step: 0 });
  const held = Math.ceil(count / 10);
  return { training: order.slice(held), validation: order.slice(0, held) };
}

/** The order in which an epoch visits the images. */
export function shuffled(images: Int32Array, seed: number, epoch: number): Int32Array {
  const order = permutation(images.length, { seed, purpose: 'shuffle', step: epoch });
  return order.map((position) => images[position]!);
}
