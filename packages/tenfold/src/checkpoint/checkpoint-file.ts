/**
 * A checkpoint is a safetensors file that says what its weights are: which network, which classes, and what an image
 * must go through on its way in. Parameters and buffers keep their own names, so that any reader of safetensors finds
 * them; what only training needs stands beside them under `optimizer/` and `average/`. The metadata are JSON, one string
 * for each of the fields below.
 */

import { writeFileAtomic } from '#platform';
import { FormatError } from '../errors.js';
import { readSafetensors, type StoredTensor, serializeSafetensors } from '../formats/safetensors.js';
import type { OptionValue } from '../models/index.js';
import type { StateDict } from '../nn/state-dict.js';
import { type FileSource, fileName } from '../platform/platform.js';

export const checkpointFormat = 'tenfold-checkpoint-1';

/** What is done to an image before the network sees it: scaled and cut to this size, and normalised channel by channel. */
export interface Preprocessing {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /**
   * The shorter side is scaled to so many pixels before the middle is cut out; if not given, until the image covers height
   * and width.
   */
  readonly resize?: number;
  /** On a scale from 0 to 1, one number per channel; (value - mean) / std is what the network gets. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

export interface Checkpoint {
  /** The network's name in the registry. */
  readonly model: string;
  readonly modelOptions: Readonly<Record<string, OptionValue>>;
  readonly classNames: readonly string[];
  readonly preprocessing: Preprocessing;
  /** Of the program that wrote the file and what it ran on, by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** What its author wants to remember: options, progress, results. Any value that JSON keeps. */
  readonly training?: unknown;
  /** Parameters and buffers. */
  readonly weights: StateDict;
  /** The optimizer's state. */
  readonly optimizer?: StateDict;
  /** The state of an exponential moving average of the parameters. */
  readonly average?: StateDict;
}

const sections = ['optimizer', 'average'] as const;

/**
 * Writes a checkpoint, whole or not at all: a failure, or the end of the process at any moment, leaves an earlier file
 * of that name untouched. The tensors are copied before the first wait.
 *
 * @throws FileError if the file cannot be written.
 */
export async function writeCheckpoint(file: string, checkpoint: Checkpoint): Promise<void> {
  await writeFileAtomic(file, serializeCheckpoint(checkpoint));
}

/** The bytes of a checkpoint's file, to be offered as a download, for instance. */
export function serializeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const { model, modelOptions, classNames, preprocessing, versions, training } = checkpoint;
  const metadata: Record<string, string> = {
    format: checkpointFormat,
    model,
    modelOptions: JSON.stringify(modelOptions),
    classNames: JSON.stringify(classNames),
    preprocessing: JSON.stringify(preprocessing),
    versions: JSON.stringify(versions),
  };
  if (training !== undefined) metadata.training = JSON.stringify(training);
  const tensors = [...checkpoint.weights];
  for (const section of sections) {
    for (const [name, tensor] of checkpoint[section] ?? []) tensors.push([`${section}/${name}`, tensor]);
  }
  return serializeSafetensors(tensors, metadata);
}

/**
 * Reads a checkpoint as it stands in its file; `openCheckpoint` makes a network of it.
 *
 * @throws FileError if the file cannot be read; FormatError if it is no checkpoint, or a damaged one.
 */
export async function readCheckpoint(source: FileSource): Promise<Checkpoint> {
  const { tensors, metadata } = await readSafetensors(source);
  const file = fileName(source);
  const refuse = (rule: string, got: unknown, expected: unknown): never => {
    const shown = got === undefined ? 'missing' : JSON.stringify(got);
    const short = shown.length > 100 ? `${shown.slice(0, 100)}...` : shown;
    throw new FormatError(
      `${file} is not a tenfold checkpoint: its metadata ${rule} is ${short}, but should be ${expected}`,
      { source: file, rule, got, expected },
    );
  };
  const format = metadata.get('format');
  if (format !== checkpointFormat) {
    refuse('format', format, `'${checkpointFormat}'; tenfold convert --model makes a checkpoint of weights`);
  }

  const field = <Value>(name: string, fits: (value: unknown) => value is Value, expected: string): Value => {
    const text = metadata.get(name);
    const value = text === undefined ? undefined : parse(text);
    return fits(value) ? value : refuse(name, value ?? text, expected);
  };
  const parts = divide(tensors);
  const training = metadata.get('training');
  return {
    model: metadata.get('model') ?? refuse('model', undefined, "a network's name"),
    modelOptions: field('modelOptions', isOptions, 'an object of options'),
    classNames: field('classNames', isListOf<string>('string'), 'a list of names'),
    preprocessing: field(
      'preprocessing',
      isPreprocessing,
      'an image size and, for each channel, mean and std',
    ),
    versions: field('versions', isOptions, 'an object of versions') as Readonly<Record<string, string>>,
    ...(training === undefined ? {} : { training: field('training', isAnything, 'JSON') }),
    weights: parts.weights,
    ...(parts.optimizer.size > 0 ? { optimizer: parts.optimizer } : {}),
    ...(parts.average.size > 0 ? { average: parts.average } : {}),
  };
}

/** The parameters and buffers to predict with: averaged parameters, where there are any, and the others as trained. */
export function predictionWeights({ weights, average }: Pick<Checkpoint, 'weights' | 'average'>): StateDict {
  const state = new Map(weights);
  for (const [name, tensor] of average ?? []) {
    if (name.startsWith('average.')) state.set(name.slice('average.'.length), tensor);
  }
  return state;
}

/** Sorts tensors by the section that their names begin with. */
function divide(tensors: StateDict) {
  const parts = {
    weights: new Map<string, StoredTensor>(),
    optimizer: new Map<string, StoredTensor>(),
    average: new Map<string, StoredTensor>(),
  };
  for (const [name, tensor] of tensors) {
    const section = sections.find((prefix) => name.startsWith(`${prefix}/`));
    if (section === undefined) parts.weights.set(name, tensor);
    else parts[section].set(name.slice(section.length + 1), tensor);
  }
  return parts;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isAnything(value: unknown): value is NonNullable<unknown> {
  return value !== undefined;
}

function isOptions(value: unknown): value is Record<string, OptionValue> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isListOf<Item>(kind: 'string' | 'number') {
  return (value: unknown): value is Item[] =>
    Array.isArray(value) && value.every((item) => typeof item === kind);
}

function isPreprocessing(value: unknown): value is Preprocessing {
  if (!isOptions(value)) return false;
  const { height, width, channels, resize, mean, std } = value;
  const isNumbers = isListOf<number>('number');
  return (
    [height, width, channels].every((size) => Number.isInteger(size) && (size as number) >= 1) &&
    (resize === undefined || (resize as number) >= Math.max(height as number, width as number)) &&
    isNumbers(mean) &&
    isNumbers(std) &&
    mean.length === channels &&
    std.length === channels &&
    std.every((deviation) => deviation > 0)
  );
}
