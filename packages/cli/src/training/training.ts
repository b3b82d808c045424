import type { nn, optim } from 'tenfold';
import type { Loader } from '../data/index.js';
import type { Freezing } from './freeze.js';
import type { LearningOptions } from './train-options.js';
import type { TrainingData } from './training-data.js';

/** A network in training, with all that has a part in it. What changes beside the weights is in `TrainingState`. */
export interface Training {
  readonly options: LearningOptions;
  readonly model: nn.Module;
  readonly modelOptions: Readonly<Record<string, string | number | boolean>>;
  readonly freezing: Freezing;
  readonly optimizer: optim.Optimizer;
  readonly average: optim.ExponentialMovingAverage | undefined;
  readonly schedule: optim.Schedule;
  readonly data: TrainingData;
  readonly loader: Loader;
  /** Looked at after each step, and after each batch of an evaluation. */
  readonly signal: AbortSignal;
}
