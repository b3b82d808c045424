import { resolve } from 'node:path';
import { type OpenedCheckpoint, type Preprocessing, TenfoldError } from 'tenfold';
import { type ImageSet, openDataSet, type Part } from '../data/index.js';
import { UsageError } from '../options.js';
import type { LearningOptions } from '../training/train-options.js';
import { openTrainingData } from '../training/training-data.js';
import { framing } from './image-input.js';

/** Which images to evaluate on; what is missing is as it was in training. */
export interface EvaluationDataOptions {
  readonly data?: string;
  readonly dataDir?: string;
  readonly skipUnreadable?: boolean;
  readonly limit?: number;
}

/** Images that fit a network, and where they come from. */
export interface EvaluationData {
  readonly part: Part;
  /** In words: `the 10000 test images of mnist`. */
  readonly description: string;
  readonly notes: readonly string[];
}

/**
 * The images that a run was to be tested on, or, of other data, the test images, or all if there is no such division.
 *
 * Image files are scaled and cropped as `tenfold predict` does it; data sets must have the network's size.
 *
 * @throws UsageError if the checkpoint does not say what it was trained on and no data are named; TenfoldError if the
 *   images are not of the network's size or have classes that it does not know.
 */
export async function openEvaluationData(
  given: EvaluationDataOptions,
  checkpoint: OpenedCheckpoint,
): Promise<EvaluationData> {
  const trained = trainedOn(checkpoint.training);
  if (trained !== undefined && !isOther(given, trained)) {
    const { limit, dataDir = trained.dataDir } = given;
    const { test, notes, classNames, name } = await openTrainingData({
      ...withoutLimit(trained),
      ...readAsTrained(trained.data, checkpoint),
      ...(limit === undefined ? {} : { limit }),
      ...(dataDir === undefined ? {} : { dataDir }),
      skipUnreadable: given.skipUnreadable ?? trained.skipUnreadable,
    });
    const part = fitted(test, { classNames, checkpoint });
    return { part, notes, description: `the ${part.indices.length} test images of ${name}` };
  }
  const { data, dataDir, limit, skipUnreadable } = given;
  if (data === undefined) {
    throw new UsageError('the checkpoint does not say what it was trained on; name images with --data.');
  }
  const set = await openDataSet(data, {
    ...readAsTrained(data, checkpoint),
    folder: dataDir,
    skipUnreadable,
  });
  const chosen = set.test ?? set.train;
  const indices = Int32Array.from({ length: chosen.count }, (_, index) => index).subarray(0, limit);
  const part = fitted({ set: chosen, indices }, { classNames: set.train.classNames, checkpoint });
  const kind = set.test === undefined ? 'images' : 'test images';
  return { part, notes: set.notes, description: `the ${indices.length} ${kind} of ${dataDir ?? data}` };
}

function trainedOn(training: unknown): LearningOptions | undefined {
  if (typeof training !== 'object' || training === null || !('options' in training)) return undefined;
  return training.options as LearningOptions;
}

/** Whether other data are named, or the same kind in another folder; a folder alone is where those of the training are now. */
function isOther({ data, dataDir }: EvaluationDataOptions, trained: LearningOptions): boolean {
  if (data !== trained.data) return data !== undefined;
  return dataDir !== undefined && resolve(dataDir) !== resolve(trained.dataDir ?? '');
}

/** Image files become what the network takes; the images of other data have a size of their own. */
function readAsTrained(data: string, { preprocessing }: OpenedCheckpoint) {
  if (data !== 'folder') return {};
  const { size: imageSize, ...frame } = framing(preprocessing);
  return { ...frame, imageSize };
}

function withoutLimit({ limit: _, augment: __, ...options }: LearningOptions) {
  return options;
}

/** The part with the classes' numbers and the channels that the network knows. */
function fitted(
  { set, indices }: Part,
  { classNames, checkpoint }: { classNames: readonly string[]; checkpoint: OpenedCheckpoint },
): Part {
  const known = checkpoint.classNames;
  const numbers = classNames.map((name) => {
    const number = known.indexOf(name);
    if (number >= 0) return number;
    throw new TenfoldError(
      `the images have the class ${name}, which the network does not know; it knows ${known.join(', ')}.`,
      { got: name, expected: known },
    );
  });
  const { preprocessing } = checkpoint;
  const images = withChannels(set, preprocessing);
  return {
    indices,
    set: {
      ...set,
      images,
      channels: preprocessing.channels,
      classNames: known,
      labels: set.labels.map((label) => numbers[label]!),
    },
  };
}

function withChannels(set: ImageSet, { height, width, channels }: Preprocessing): Uint8Array {
  const isGrey = set.channels === 1;
  if (set.height === height && set.width === width) {
    if (set.channels === channels) return set.images;
    if (isGrey)
      return Uint8Array.from(
        { length: set.images.length * channels },
        (_, at) => set.images[Math.floor(at / channels)]!,
      );
  }
  throw new TenfoldError(
    `the images are ${set.height} x ${set.width} x ${set.channels}, but the network takes ${height} x ${width} x ${channels}.`,
    { got: [set.height, set.width, set.channels], expected: [height, width, channels] },
  );
}
