import { type Command, Option } from 'commander';
import { models } from 'tenfold';
import { dataSetNames } from '../data/index.js';
import { amount, dataName, list, oneOf, positiveNumber, settings, share, wholeNumber } from '../options.js';
import { startTraining } from '../training/start-training.js';
import { defaults, type GivenOptions, optimizerNames, rates } from '../training/train-options.js';

// Random streams are keyed by 32 bits of the seed; larger ones would repeat smaller ones.
const largestSeed = 2 ** 32 - 1;

export function addTrainCommand(program: Command): void {
  const command = program
    .command('train')
    .description(
      'Train a convolutional network. Without options: a small one, on the handwritten digits of MNIST.',
    )
    .helpOption('-h, --help', 'show this help');
  addNetworkOptions(command);
  addDataOptions(command);
  addLearningOptions(command);
  addRunOptions(command);
  command.action((given: GivenOptions) => startTraining(given));
}

function addNetworkOptions(command: Command): void {
  const names = models
    .list()
    .filter(({ task }) => task !== 'segmentation')
    .map(({ name }) => name);
  command
    .optionsGroup('Network:')
    .option('--model <name>', `${names.join(', ')} (default: ${defaults.model})`)
    .option(
      '--model-option <name=value>',
      'an option of the network, such as dropout=0.2; may be repeated',
      settings('--model-option'),
    )
    .option('--init <file>', 'begin with what fits of the weights in a safetensors file')
    .option(
      '--freeze <pattern>',
      "leave parameters as they are, by name: 'conv1.*,bn1.*'; may be repeated",
      list('--freeze'),
    );
}

function addDataOptions(command: Command): void {
  command
    .optionsGroup('Data:')
    .option('--data <name>', `${dataSetNames.join(', ')} (default: ${defaults.data})`, dataName)
    .option('--data-dir <folder>', 'where the files are; mnist brings its own')
    .option(
      '--image-size <pixels>',
      'for folder: scale and crop each image to a square of this side',
      wholeNumber('--image-size', 1, 4096),
    )
    .option(
      '--augment <spec>',
      `change images at random: crop:4,flip for instance, none, or auto for what suits the data (default: ${defaults.augment})`,
    )
    .option(
      '--validation-fraction <share>',
      `share of the training images that chooses the best epoch (default: ${defaults.validationFraction})`,
      share('--validation-fraction'),
    )
    .option('--skip-unreadable', 'for folder: leave out damaged image files instead of stopping')
    .addOption(
      new Option('--limit <number>', 'train and evaluate on at most so many images')
        .argParser(wholeNumber('--limit', 1))
        .hideHelp(),
    );
}

function addLearningOptions(command: Command): void {
  const each = (what: 'lr' | 'momentum' | 'weightDecay') =>
    optimizerNames.map((name) => `${name} ${rates[name][what]}`).join(', ');
  command
    .optionsGroup('Learning:')
    .option(
      '--epochs <number>',
      `how often to go through the images (default: ${defaults.epochs})`,
      wholeNumber('--epochs', 1),
    )
    .option(
      '--batch-size <number>',
      `images per step (default: ${defaults.batchSize})`,
      wholeNumber('--batch-size', 1),
    )
    .option(
      '--optimizer <name>',
      `${optimizerNames.join(', ')} (default: ${defaults.optimizer})`,
      oneOf('--optimizer', optimizerNames),
    )
    .option('--lr <number>', `highest learning rate (default: ${each('lr')})`, positiveNumber('--lr'))
    .option('--momentum <share>', 'of sgd (default: 0.9) and rmsprop (default: 0)', share('--momentum'))
    .option('--weight-decay <number>', `(default: ${each('weightDecay')})`, amount('--weight-decay'))
    .option(
      '--schedule <spec>',
      'how the rate goes: onecycle up and down, cosine down, constant, step to a tenth at each third of the way; ' +
        'step:30:0.1 to a tenth after every 30 epochs, multistep:30,60,80:0.1 after those ' +
        `(default: ${defaults.schedule})`,
    )
    .option(
      '--warm-up <epochs>',
      'let the rate rise at first, for cosine, step and constant',
      amount('--warm-up'),
    )
    .option(
      '--label-smoothing <share>',
      'expect less than certainty (default: 0)',
      share('--label-smoothing'),
    )
    .option('--clip <norm>', 'scale down gradients whose common norm is larger', positiveNumber('--clip'))
    .option(
      '--ema <decay>',
      'validate and save an average of the weights that keeps this share of itself at each step, such as 0.999',
      share('--ema'),
    )
    .option(
      '--seed <number>',
      `decides weights, split, order, augmentation and dropout (default: ${defaults.seed})`,
      wholeNumber('--seed', 0, largestSeed),
    );
}

function addRunOptions(command: Command): void {
  command
    .optionsGroup('The run:')
    .option(
      '--out <folder>',
      'where to save checkpoints and report (default: runs/ and the name of the data)',
    )
    .option('--resume', 'go on with the run in --out where it was saved last')
    .option(
      '--checkpoint-every <steps>',
      'save not only after each epoch, but also every so many steps',
      wholeNumber('--checkpoint-every', 1),
    )
    .option(
      '--threads <number>',
      'threads to compute with (default: all cores)',
      wholeNumber('--threads', 1, 256),
    )
    .option('--json', 'print JSON lines on standard output, and text on standard error');
}
