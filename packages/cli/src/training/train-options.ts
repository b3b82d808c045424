import { join } from 'node:path';
import { UsageError } from '../options.js';
import { checkSchedule } from './schedule.js';

export const optimizerNames = ['sgd', 'adam', 'adamw', 'rmsprop'] as const;

export type OptimizerName = (typeof optimizerNames)[number];

type Setting = string | number | boolean;

/** What decides the weights that come out; a checkpoint holds all of it. Names are those of the options. */
export interface LearningOptions {
  readonly model: string;
  readonly modelOption: Readonly<Record<string, Setting>>;
  readonly init?: string;
  readonly freeze: readonly string[];
  readonly data: string;
  readonly dataDir?: string;
  readonly imageSize?: number;
  readonly augment: string;
  readonly validationFraction: number;
  readonly skipUnreadable: boolean;
  readonly limit?: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly optimizer: OptimizerName;
  readonly lr: number;
  readonly momentum: number;
  readonly weightDecay: number;
  /** As `--schedule` takes it: cosine, step:30:0.1. */
  readonly schedule: string;
  /** In epochs. */
  readonly warmUp: number;
  readonly labelSmoothing: number;
  readonly clip?: number;
  readonly ema?: number;
  readonly seed: number;
}

/** What changes how a run goes, but not what comes out. */
export interface SessionOptions {
  readonly out: string;
  readonly resume: boolean;
  readonly checkpointEvery?: number;
  readonly threads?: number;
  readonly json: boolean;
}

/** The options that were given on the command line. */
export type GivenOptions = Partial<LearningOptions & SessionOptions>;

/** A small network on MNIST, in a few seconds; rates are the optimizer's. */
export const defaults = {
  model: 'mnist_net',
  modelOption: {},
  freeze: [],
  data: 'mnist',
  augment: 'none',
  validationFraction: 0.1,
  skipUnreadable: false,
  epochs: 4,
  batchSize: 64,
  optimizer: 'sgd',
  schedule: 'onecycle',
  warmUp: 0,
  labelSmoothing: 0,
  seed: 1,
} as const;

/** What suits each optimizer. */
export const rates: Readonly<Record<OptimizerName, { lr: number; momentum: number; weightDecay: number }>> = {
  sgd: { lr: 0.1, momentum: 0.9, weightDecay: 5e-4 },
  adam: { lr: 0.001, momentum: 0, weightDecay: 0 },
  adamw: { lr: 0.001, momentum: 0, weightDecay: 0.01 },
  rmsprop: { lr: 0.001, momentum: 0, weightDecay: 0 },
};

/**
 * Fills in what was not given.
 *
 * @throws UsageError for options that do not go together.
 */
export function learningOptions(given: GivenOptions): LearningOptions {
  const { optimizer = defaults.optimizer } = given;
  if (given.momentum !== undefined && optimizer.startsWith('adam')) {
    throw new UsageError(`--momentum is for sgd and rmsprop; ${optimizer} has momentum of its own kind.`);
  }
  const { epochs = defaults.epochs, warmUp = defaults.warmUp, schedule = defaults.schedule } = given;
  checkSchedule({ schedule, warmUp, epochs });
  if (warmUp >= epochs) {
    throw new UsageError(
      `--warm-up takes fewer epochs than the ${epochs} of the run, but was given ${warmUp}.`,
    );
  }
  const learning = Object.entries(given).filter(([name]) => !isSessionOption(name));
  return {
    ...defaults,
    ...rates[optimizer],
    ...(Object.fromEntries(learning) as Partial<LearningOptions>),
  };
}

/** The run goes to a folder that is named after its data, unless one is named. */
export function sessionOptions(given: GivenOptions): SessionOptions {
  const { threads, checkpointEvery, data = defaults.data } = given;
  return {
    out: given.out ?? join('runs', data),
    resume: given.resume ?? false,
    json: given.json ?? false,
    ...(threads === undefined ? {} : { threads }),
    ...(checkpointEvery === undefined ? {} : { checkpointEvery }),
  };
}

const sessionNames: readonly string[] = ['out', 'resume', 'checkpointEvery', 'threads', 'json'];

/** Whether an option only changes how a run goes. */
export function isSessionOption(name: string): boolean {
  return sessionNames.includes(name);
}

/** An option as it is typed: `--batch-size`. */
export function longName(name: string): string {
  return `--${name.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}`;
}
