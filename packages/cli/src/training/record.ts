import { cpus, totalmem } from 'node:os';
import { writeFileAtomic } from 'tenfold';
import type { Evaluation } from '../evaluation/evaluate.js';
import { pictureUrl } from '../report/picture.js';
import {
  type Mistake,
  type ModelSummary,
  type OptionValue,
  type RunRecord,
  type RunStatus,
  runRecordFormat,
  runRecordVersion,
  testResult,
} from '../report/run-record.js';
import { versions } from '../version.js';
import { longName, type SessionOptions } from './train-options.js';
import type { Training } from './training.js';
import { imageOf, type TrainingData } from './training-data.js';
import type { TrainingState } from './training-state.js';

/** What a session knows of itself beside the training. */
export interface Session {
  readonly options: SessionOptions;
  /** As it was typed. */
  readonly command: string;
  /** What to type to go on with the run. */
  readonly resumeCommand: string;
  readonly threads: number;
  /** The library's line about its device. */
  readonly device: string;
  readonly model: ModelSummary;
  /** The file that it went on from, and how many epochs were finished then. */
  readonly resumed?: { readonly checkpoint: string; readonly epoch: number };
}

/** How a run stands, and what came of it. */
export interface Outcome {
  readonly status: RunStatus;
  readonly failure?: string;
  readonly test?: Evaluation;
}

/** How many wrong answers a record shows. */
const mistakesShown = 24;

export function runRecord(
  training: Training,
  state: TrainingState,
  session: Session,
  { status, failure, test }: Outcome,
  checkpoints: RunRecord['checkpoints'],
): RunRecord {
  const { options, data } = training;
  const { height, width, channels } = data.training.set;
  return {
    format: runRecordFormat,
    formatVersion: runRecordVersion,
    command: session.command,
    status,
    ...(failure === undefined ? {} : { failure }),
    date: state.started,
    seconds: state.seconds,
    versions,
    machine: machine(session),
    options: optionList({ ...options, ...session.options }),
    data: {
      name: data.name,
      training: data.training.indices.length,
      validation: data.validation?.indices.length ?? 0,
      test: data.test.indices.length,
      image: { height, width, channels },
      classes: data.classNames,
      normalisation: data.normalisation,
      augmentation: state.augmentation === 'none' ? [] : state.augmentation.split(','),
    },
    model: session.model,
    history: state.history,
    ...(state.best === undefined ? {} : { bestEpoch: state.best.epoch }),
    ...(session.resumed === undefined ? {} : { resumed: session.resumed }),
    ...(test === undefined ? {} : { test: testResult(test.confusion, test.loss) }),
    mistakes:
      test === undefined ? [] : test.mistakes.slice(0, mistakesShown).map((wrong) => show(wrong, data)),
    checkpoints,
  };
}

/** Writes the record, whole or not at all. */
export async function writeRunRecord(file: string, record: RunRecord): Promise<void> {
  await writeFileAtomic(file, new TextEncoder().encode(`${JSON.stringify(record, undefined, 1)}\n`));
}

function machine({ threads, device }: Session): RunRecord['machine'] {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    threads,
    memoryBytes: totalmem(),
    platform: `${process.platform} ${process.arch}`,
    device,
  };
}

function optionList(options: object): Record<string, OptionValue> {
  const entries = Object.entries(options).map(([name, value]): [string, OptionValue] => [
    longName(name).slice(2),
    typeof value === 'object' && !Array.isArray(value)
      ? Object.entries(value as object).map(([key, setting]) => `${key}=${setting}`)
      : value,
  ]);
  return Object.fromEntries(entries);
}

function show(wrong: Evaluation['mistakes'][number], { test, classNames }: TrainingData): Mistake {
  const { height, width, channels } = test.set;
  return {
    image: pictureUrl({ pixels: imageOf(test.set, wrong.index), height, width, channels }),
    index: wrong.index,
    trueClass: classNames[wrong.label]!,
    predictedClass: classNames[wrong.predicted]!,
    probability: wrong.probability,
    trueProbability: wrong.trueProbability,
  };
}
