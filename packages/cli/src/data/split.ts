import { permutation } from 'tenfold';
import type { DataSet, ImageSet } from './image-set.js';

/** Some images of a set. */
export interface Part {
  readonly set: ImageSet;
  readonly indices: Int32Array<ArrayBuffer>;
}

/** What a network learns from, what chooses its best epoch, and what measures it in the end. */
export interface Parts {
  readonly training: Part;
  readonly validation: Part;
  readonly test: Part;
}

/**
 * Divides a data set. For a part that it lacks, a random share of the training images is held back; a share of 0 leaves
 * the validation empty, but what is tested at the end is a tenth at least.
 */
export function divide({ train, validation, test }: DataSet, seed: number, fraction = 0.1): Parts {
  let training = everyIndex(train);
  const part = (own: ImageSet | undefined, purpose: string, share: number): Part => {
    if (own !== undefined) return { set: own, indices: everyIndex(own) };
    const order = shuffleFor(training, seed, purpose, 0);
    const held = Math.ceil(training.length * share);
    training = order.slice(held);
    return { set: train, indices: order.slice(0, held) };
  };
  const testPart = part(test, 'test-split', Math.max(fraction, 0.1));
  const validationPart = part(validation, 'validation-split', fraction);
  return { training: { set: train, indices: training }, validation: validationPart, test: testPart };
}

/** The order in which an epoch visits the images. */
export function shuffled(images: Int32Array, seed: number, epoch: number): Int32Array<ArrayBuffer> {
  return shuffleFor(images, seed, 'shuffle', epoch);
}

function shuffleFor(
  images: Int32Array,
  seed: number,
  purpose: string,
  step: number,
): Int32Array<ArrayBuffer> {
  const order = permutation(images.length, { seed, purpose, step });
  return Int32Array.from(order, (position) => images[position]!);
}

function everyIndex({ count }: ImageSet): Int32Array<ArrayBuffer> {
  return Int32Array.from({ length: count }, (_, index) => index);
}
