import { TenfoldError } from 'tenfold';
import { augmenter, parseAugmentation } from '../augmentation/index.js';
import type { ImageSet, Normalisation } from '../image-set.js';
import { normalisationTable } from '../normalisation.js';

/** Images as a network takes them (NHWC, normalised), with their labels. */
export interface Batch {
  readonly images: Float32Array<ArrayBuffer>;
  readonly labels: Int32Array<ArrayBuffer>;
  readonly shape: [count: number, height: number, width: number, channels: number];
  /** Which images of the set these are. */
  readonly indices: Int32Array<ArrayBuffer>;
}

/** What makes batches out of a list of images; a thread gets it by message. */
export interface BatchRecipe {
  readonly set: Pick<ImageSet, 'images' | 'labels' | 'count' | 'height' | 'width' | 'channels'>;
  readonly normalisation: Normalisation;
  /** A spec for `parseAugmentation`. */
  readonly augmentation: string;
  readonly seed: number;
}

export type BatchMaker = (indices: Int32Array<ArrayBuffer>, epoch: number) => Batch;

/** Gathers, augments and normalises images. */
export function batchMaker({ set, normalisation, augmentation, seed }: BatchRecipe): BatchMaker {
  const { height, width, channels } = set;
  checkChannels(normalisation, channels);
  const augment = augmenter(parseAugmentation(augmentation), set, seed);
  const table = normalisationTable(normalisation);
  const bytes = height * width * channels;
  return (indices, epoch) => {
    const images = new Float32Array(indices.length * bytes);
    const labels = new Int32Array(indices.length);
    for (let slot = 0; slot < indices.length; slot++) {
      const index = indices[slot]!;
      checkIndex(index, set.count);
      labels[slot] = set.labels[index]!;
      const image = set.images.subarray(index * bytes, (index + 1) * bytes);
      normalise(augment(image, epoch, index), images, slot * bytes, table, channels);
    }
    return { images, labels, shape: [indices.length, height, width, channels], indices };
  };
}

function normalise(
  image: Uint8Array,
  target: Float32Array,
  at: number,
  table: Float32Array,
  channels: number,
): void {
  for (let channel = 0; channel < channels; channel++) {
    const column = 256 * channel;
    for (let pixel = channel; pixel < image.length; pixel += channels) {
      target[at + pixel] = table[column + image[pixel]!]!;
    }
  }
}

function checkIndex(index: number, count: number): void {
  if (index >= 0 && index < count) return;
  throw new TenfoldError(`image ${index} does not exist; the set has the images 0 to ${count - 1}.`, {
    got: index,
    expected: count - 1,
  });
}

function checkChannels({ mean, std }: Normalisation, channels: number): void {
  if (mean.length === channels && std.length === channels) return;
  throw new TenfoldError(
    `the normalisation has ${mean.length} means and ${std.length} deviations, but the images have ${channels} ` +
      'channels; expected one of each per channel.',
    { got: [mean.length, std.length], expected: channels },
  );
}
