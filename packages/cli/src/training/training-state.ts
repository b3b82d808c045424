import type { EpochRecord } from '../report/run-record.js';
import type { LearningOptions } from './train-options.js';

/** How far a run has come: with the weights and the optimizer's state, all that it takes to go on. */
export interface TrainingState {
  readonly options: LearningOptions;
  /** Every number of the augmentation, because presets may change. */
  readonly augmentation: string;
  /** The `fingerprint` of the data. */
  readonly fingerprint: string;
  /** How many steps apart the run is saved; undefined for after epochs only. */
  checkpointEvery?: number;
  /** When the run began, ISO 8601. */
  readonly started: string;
  /** How long the run has taken when it was last saved, all its sessions together. */
  seconds: number;
  /** The epoch in work, counted from 1; one more than there are when all are done. */
  epoch: number;
  /** How many steps of it are done. */
  step: number;
  /** Sums over those steps. */
  lossSum: number;
  correct: number;
  stepSeconds: number;
  /** Finished epochs. */
  readonly history: EpochRecord[];
  /** The epoch whose weights are in best.safetensors. */
  best: { readonly epoch: number; readonly accuracy: number } | undefined;
}

/** The state before the first step. */
export function freshState(
  options: LearningOptions,
  augmentation: string,
  fingerprint: string,
): TrainingState {
  return {
    options,
    augmentation,
    fingerprint,
    started: new Date().toISOString(),
    seconds: 0,
    epoch: 1,
    step: 0,
    lossSum: 0,
    correct: 0,
    stepSeconds: 0,
    history: [],
    best: undefined,
  };
}

/** The averages of the epoch in work. */
export function averages({ step, lossSum, correct, stepSeconds, options }: TrainingState) {
  const images = step * options.batchSize;
  return {
    step,
    loss: lossSum / step,
    accuracy: correct / images,
    imagesPerSecond: images / stepSeconds,
  };
}

/** Enters the finished epoch into the history and turns to the next one. */
export function closeEpoch(state: TrainingState, record: EpochRecord): void {
  state.history.push(record);
  state.epoch++;
  state.step = 0;
  state.lossSum = 0;
  state.correct = 0;
  state.stepSeconds = 0;
}
