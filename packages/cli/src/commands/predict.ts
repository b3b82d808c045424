import type { Command } from 'commander';
import { type OpenedCheckpoint, predict, softmax, start, stop, tensor } from 'tenfold';
import { describePreprocessing, readImageInput } from '../evaluation/image-input.js';
import { openClassifier } from '../evaluation/open-classifier.js';
import { abortOnSignal } from '../interrupt.js';
import { UsageError, wholeNumber } from '../options.js';
import { percent } from '../progress.js';

interface PredictOptions {
  readonly checkpoint?: string;
  readonly topK: number;
  readonly invert?: boolean;
  readonly threads?: number;
  readonly json?: boolean;
}

interface Guess {
  readonly class: string;
  readonly index: number;
  readonly probability: number;
}

export function addPredictCommand(program: Command): void {
  program
    .command('predict')
    .description(
      'Say what a trained network sees in image files (PNG, JPEG, WebP). They go through what the images of its ' +
        'training went through: scaled to cover its size, the middle kept, normalised.',
    )
    .usage('[options] <checkpoint> <image...>')
    .argument('<files...>', 'a file that tenfold train has saved, and the images')
    .option('--checkpoint <file>', 'the checkpoint; then all arguments are images')
    .option('--top-k <number>', 'how many classes to name for each image', wholeNumber('--top-k', 1), 5)
    .option(
      '--invert',
      'swap dark and bright: for digits drawn dark on white, while those of MNIST are bright on black',
    )
    .option(
      '--threads <number>',
      'threads to compute with (default: all cores)',
      wholeNumber('--threads', 1, 256),
    )
    .option('--json', 'print a JSON line for each image on standard output')
    .action(predictImages);
}

async function predictImages(files: readonly string[], options: PredictOptions): Promise<void> {
  const [checkpointFile, ...images] =
    options.checkpoint === undefined ? files : [options.checkpoint, ...files];
  if (images.length === 0) {
    throw new UsageError('predict takes a checkpoint and at least one image, but was given no image.');
  }
  await start(options.threads === undefined ? {} : { threads: options.threads });
  try {
    const signal = abortOnSignal();
    const checkpoint = await openClassifier(checkpointFile!);
    const { preprocessing } = checkpoint;
    const invert = options.invert ?? false;
    process.stderr.write(`${describePreprocessing(preprocessing, invert)}\n`);
    for (const image of images) {
      const { values, hint } = await readImageInput(image, preprocessing, invert);
      const top = (await guesses(checkpoint, values)).slice(0, options.topK);
      const line = options.json
        ? JSON.stringify({ event: 'prediction', image, top, ...(hint && { hint }) })
        : `${image}: ${top.map((guess) => `${guess.class} ${percent(guess.probability)}`).join(', ')}`;
      process.stdout.write(`${line}\n`);
      if (hint !== undefined) process.stderr.write(`${image}: ${hint}\n`);
      signal.throwIfAborted();
    }
  } finally {
    await stop();
  }
}

/** The classes, most likely first. */
async function guesses(checkpoint: OpenedCheckpoint, values: Float32Array): Promise<Guess[]> {
  const { model, classNames, preprocessing } = checkpoint;
  const { height, width, channels } = preprocessing;
  const probabilities = await predict(() =>
    softmax(model.forward(tensor(values, [1, height, width, channels]))),
  );
  return classNames
    .map((name, index) => ({ class: name, index, probability: probabilities[index]! }))
    .sort((a, b) => b.probability - a.probability);
}
