import { models, nn, optim } from 'tenfold';
import { Loader } from '../data/index.js';
import { UsageError } from '../options.js';
import type { Resumable } from './checkpoints.js';
import { freeze } from './freeze.js';
import { describeTransfer, loadFitting } from './initial-weights.js';
import { makeOptimizer } from './optimizer.js';
import { makeSchedule } from './schedule.js';
import type { LearningOptions } from './train-options.js';
import type { Training } from './training.js';
import type { TrainingData } from './training-data.js';

/** What a network of the registry is built with for these data. */
export function modelOptionsFor(
  { model, modelOption, seed }: Pick<LearningOptions, 'model' | 'modelOption' | 'seed'>,
  { classNames, training }: Pick<TrainingData, 'classNames' | 'training'>,
): Training['modelOptions'] {
  const given = { numClasses: classNames.length, inChannels: training.set.channels, seed, ...modelOption };
  return models.optionsOf(model, given) as Training['modelOptions'];
}

/**
 * Builds all that takes part in a training run, as it is before the first step or, with a checkpoint, as it was when
 * that was saved.
 *
 * @param say Tells a person what came of --init and --freeze.
 */
export async function prepareTraining(
  options: LearningOptions,
  data: TrainingData,
  { signal, resumed, say }: { signal: AbortSignal; resumed?: Resumable; say: (line: string) => void },
): Promise<Training> {
  const loader = makeLoader(options, data, resumed?.training.augmentation);
  const modelOptions = modelOptionsFor(options, data);
  const create = () => models.create(options.model, modelOptions);
  const model = resumed === undefined ? create() : nn.skipInit(create);
  if (resumed !== undefined) model.loadStateDict(resumed.weights);
  else if (options.init !== undefined) {
    for (const line of describeTransfer(options.init, await loadFitting(model, options.init))) say(line);
  }
  const freezing = freeze(model, options.freeze);
  if (options.freeze.length > 0) {
    say(
      `${number(freezing.trained)} of ${number(freezing.parameters)} parameters are trained, the others frozen`,
    );
  }
  const optimizer = makeOptimizer(options, freezing.trainable);
  const { ema } = options;
  const average =
    ema === undefined ? undefined : optim.exponentialMovingAverage(model, { decay: ema, warmUp: true });
  if (resumed?.optimizer !== undefined) optimizer.loadStateDict(resumed.optimizer);
  if (resumed?.average !== undefined) average?.loadStateDict(resumed.average);
  const schedule = makeSchedule(options, loader.stepsPerEpoch);
  return { options, model, modelOptions, freezing, optimizer, average, schedule, data, loader, signal };
}

function makeLoader({ batchSize, seed }: LearningOptions, data: TrainingData, augmentation?: string): Loader {
  const images = data.training.indices.length;
  if (images < batchSize) {
    throw new UsageError(
      `--batch-size takes at most the ${images} training images, but was given ${batchSize}.`,
    );
  }
  return new Loader({
    part: data.training,
    normalisation: data.normalisation,
    augmentation: augmentation ?? data.augmentation,
    batchSize,
    seed,
  });
}

function number(count: number): string {
  return count.toLocaleString('en-US');
}
