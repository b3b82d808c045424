import { createHash } from 'node:crypto';
import {
  type DataOptions,
  describeAugmentation,
  divide,
  type ImageSet,
  type Normalisation,
  openDataSet,
  type Part,
  parseAugmentation,
} from '../data/index.js';
import type { LearningOptions } from './train-options.js';

/** The images of a run, divided by what they are for. */
export interface TrainingData {
  readonly name: string;
  readonly training: Part;
  /** Missing if nothing was to be held back. */
  readonly validation: Part | undefined;
  readonly test: Part;
  readonly normalisation: Normalisation;
  readonly classNames: readonly string[];
  /** The spec with every number. */
  readonly augmentation: string;
  /** What a person should hear about the source. */
  readonly notes: readonly string[];
}

type TrainingDataOptions = Pick<
  LearningOptions,
  'data' | 'dataDir' | 'skipUnreadable' | 'validationFraction' | 'limit' | 'seed'
> &
  Pick<DataOptions, 'imageSize' | 'resize' | 'channels'> & { readonly augment?: string };

/** Reads and divides the images; `onProgress` hears of image files as they are read. */
export async function openTrainingData(
  options: TrainingDataOptions,
  onProgress?: (done: number, total: number) => void,
): Promise<TrainingData> {
  const { data: name, validationFraction, limit, seed, augment } = options;
  const { imageSize, resize, channels, skipUnreadable } = options;
  const set = await openDataSet(name, {
    folder: options.dataDir,
    imageSize,
    resize,
    channels,
    skipUnreadable,
    onProgress,
  });
  const { training, validation, test } = divide(set, seed, validationFraction);
  const spec = augment === 'auto' ? set.augmentation : (augment ?? 'none');
  return {
    name,
    training: first(training, limit),
    validation: validation.indices.length === 0 ? undefined : first(validation, limit),
    test: first(test, limit),
    normalisation: set.normalisation,
    classNames: set.train.classNames,
    augmentation: describeAugmentation(parseAugmentation(spec)),
    notes: set.notes,
  };
}

function first({ set, indices }: Part, limit: number | undefined): Part {
  return { set, indices: indices.subarray(0, limit) };
}

/** Enough of a part to notice that other images are in its place. */
const imagesLookedAt = 1000;

/** Changes when the data do: a hash of all sizes, labels and divisions, and of every so many an image. */
export function fingerprint({ training, validation, test, classNames }: TrainingData): string {
  const hash = createHash('sha256').update(JSON.stringify(classNames));
  for (const part of [training, validation, test]) {
    if (part === undefined) continue;
    const { set, indices } = part;
    hash.update(`${[set.count, set.height, set.width, set.channels, indices.length]}`);
    hash.update(bytesOf(indices)).update(bytesOf(set.labels));
    const stride = Math.ceil(indices.length / imagesLookedAt);
    for (let at = 0; at < indices.length; at += stride) hash.update(imageOf(set, indices[at]!));
  }
  return hash.digest('hex').slice(0, 16);
}

/** The bytes of one image of a set. */
export function imageOf({ images, height, width, channels }: ImageSet, index: number): Uint8Array {
  const length = height * width * channels;
  return images.subarray(index * length, (index + 1) * length);
}

function bytesOf({ buffer, byteOffset, byteLength }: Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
