import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { FormatError, type Module, models, readCheckpoint, TenfoldError } from 'tenfold';
import { asUsage, sentence, UsageError } from '../options.js';
import { readNetworkFile } from './network-file.js';

/** What is inspected. */
export interface Subject {
  readonly name: string;
  readonly build: () => Module;
  /** [N, H, W, C] */
  readonly input: readonly number[];
}

/**
 * Finds a network by its published name, in a checkpoint, or in a JavaScript file.
 *
 * @throws UsageError or TenfoldError in one sentence if there is no such thing.
 */
export async function findSubject(
  word: string,
  input: readonly number[] | undefined,
  modelOptions: Readonly<Record<string, unknown>>,
): Promise<Subject> {
  const isPublished = models.list().some(({ name }) => name === word);
  if (isPublished) return published(word, input, modelOptions);
  if (Object.keys(modelOptions).length > 0) {
    throw new UsageError(`--model-option is for published networks, and ${word} is none.`);
  }
  if (['.js', '.mjs', '.ts', '.mts'].includes(extname(word))) return written(word, input);
  if (existsSync(word)) return saved(word, input);
  if (/[./\\]/.test(word)) throw new UsageError(`there is no file ${word}.`);
  throw new UsageError(sentence(`${word} is neither a network nor a file: ${reasonAgainst(word)}`));
}

function published(
  name: string,
  input: readonly number[] | undefined,
  modelOptions: Readonly<Record<string, unknown>>,
): Subject {
  const { height, width } = models.find(name).input;
  const channels = asUsage('--model-option', () => models.optionsOf(name, modelOptions)).inChannels as number;
  return {
    name,
    build: () => models.create(name, modelOptions),
    input: input ?? [1, height, width, channels],
  };
}

async function saved(file: string, input: readonly number[] | undefined): Promise<Subject> {
  const { model, modelOptions, preprocessing } = await read(file);
  const { height, width, channels } = preprocessing;
  const build = () => models.create(model, modelOptions);
  return { name: `${model} of ${file}`, build, input: input ?? [1, height, width, channels] };
}

async function read(file: string): ReturnType<typeof readCheckpoint> {
  try {
    return await readCheckpoint(file);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    // Readers of files begin with the file's name.
    const reason = error.message.replace(`${file}: `, '');
    throw new UsageError(sentence(`${file} is neither a checkpoint nor a JavaScript file: ${reason}`));
  }
}

async function written(file: string, given: readonly number[] | undefined): Promise<Subject> {
  const { build, input } = await readNetworkFile(file);
  const shape = given ?? input;
  if (shape !== undefined) return { name: file, build, input: shape };
  throw new UsageError(
    `${file} does not say what it reads: give --input 1x224x224x3, or export input = [1, 224, 224, 3].`,
  );
}

/** The registry's answer, which names what is nearest. */
function reasonAgainst(name: string): string {
  try {
    models.find(name);
    return '';
  } catch (error) {
    if (!(error instanceof TenfoldError)) throw error;
    return error.message.replace(/^models: /, '');
  }
}
