import { join } from 'node:path';
import { type Checkpoint, readCheckpoint, TenfoldError, writeCheckpoint } from 'tenfold';
import { versions } from '../version.js';
import { requireFiniteWeights } from './divergence.js';
import type { Training } from './training.js';
import type { TrainingState } from './training-state.js';

/** Where a run leaves its files. */
export function runFiles(out: string) {
  return {
    /** All that it takes to go on. */
    last: join(out, 'last.safetensors'),
    /** The weights that did best on the validation images. */
    best: join(out, 'best.safetensors'),
    record: join(out, 'run.json'),
    report: join(out, 'report.html'),
  };
}

/** Saves the run as it stands between two steps. */
export async function saveLast(file: string, training: Training, state: TrainingState): Promise<void> {
  const { model, optimizer, average } = training;
  const checkpoint = describe(training, state);
  const [weights, optimizerState, averageState] = await Promise.all([
    model.stateDict(),
    optimizer.stateDict(),
    average?.stateDict(),
  ]);
  requireFiniteWeights(weights, state);
  await writeCheckpoint(file, {
    ...checkpoint,
    weights,
    optimizer: optimizerState,
    ...(averageState === undefined ? {} : { average: averageState }),
  });
}

/** Saves the weights to predict with: the averaged ones, if there are any. */
export async function saveBest(file: string, training: Training, state: TrainingState): Promise<void> {
  const { model, average } = training;
  const read = () => model.stateDict();
  const weights = await (average === undefined ? read() : average.apply(read));
  requireFiniteWeights(weights, state);
  await writeCheckpoint(file, { ...describe(training, state), weights });
}

function describe(training: Training, state: TrainingState): Omit<Checkpoint, 'weights'> {
  const { options, modelOptions, data } = training;
  const { height, width, channels } = data.training.set;
  const { mean, std } = data.normalisation;
  return {
    model: options.model,
    modelOptions,
    classNames: data.classNames,
    preprocessing: { height, width, channels, mean, std },
    versions,
    training: state,
  };
}

/** A checkpoint of a run that can go on. */
export interface Resumable extends Checkpoint {
  readonly training: TrainingState;
}

/**
 * @throws FileError or FormatError if the file cannot be read; TenfoldError if it holds weights, but no run.
 */
export async function readResumable(file: string): Promise<Resumable> {
  const checkpoint = await readCheckpoint(file);
  const { training, optimizer } = checkpoint;
  if (optimizer !== undefined && typeof training === 'object' && training !== null && 'step' in training) {
    return checkpoint as Resumable;
  }
  throw new TenfoldError(`${file} holds a network, but no run that could go on; start from it with --init.`, {
    file,
  });
}
