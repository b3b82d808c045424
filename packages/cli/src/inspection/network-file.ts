import { existsSync } from 'node:fs';
import { register } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Module } from 'tenfold';
import { sentence, UsageError } from '../options.js';

/** A network that somebody wrote: how to build it, and the input that it is meant for, if the file says. */
export interface NetworkFile {
  readonly build: () => Module;
  readonly input: readonly number[] | undefined;
}

/**
 * Reads a JavaScript module whose default export is a function that builds a network, or a network's class; `input` may be
 * the shape of what it reads.
 *
 * @throws UsageError in one sentence, whatever is wrong with the file.
 */
export async function readNetworkFile(file: string): Promise<NetworkFile> {
  if (!existsSync(file)) throw new UsageError(`there is no file ${file}.`);
  const exported = await load(file);
  const { default: made, input } = exported;
  if (typeof made !== 'function') {
    throw new UsageError(
      `${file} must export a function that builds the network by default ('export default () => new Network()'), ` +
        `but its default export is ${described(made)}.`,
    );
  }
  const isShape = Array.isArray(input) && input.every((side) => Number.isInteger(side) && side > 0);
  if (input !== undefined && !isShape) {
    throw new UsageError(
      `${file} exports input, which must be a list such as [1, 224, 224, 3], not ${JSON.stringify(input)}.`,
    );
  }
  return { build: () => built(file, made), input: isShape ? (input as number[]) : undefined };
}

function described(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value instanceof Module) return 'a network that is built already';
  return value === null ? 'null' : `of type ${typeof value}`;
}

async function load(file: string): Promise<Readonly<Record<string, unknown>>> {
  // The file must use this very library, wherever it lies: the network is built and followed by one and the same.
  register('./network-file-resolver.js', import.meta.url, {
    data: { library: import.meta.resolve('tenfold') },
  });
  try {
    return await import(pathToFileURL(resolve(file)).href);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(sentence(`${file} cannot be read as a JavaScript module: ${reason}`));
  }
}

function built(file: string, made: unknown): Module {
  const make = made as (new () => unknown) & (() => unknown);
  const isClass = make.prototype instanceof Module;
  const network = isClass ? new make() : make();
  if (network instanceof Module) return network;
  const got = network instanceof Promise ? 'a promise' : network === null ? 'null' : typeof network;
  throw new UsageError(`the default export of ${file} must return a Module of tenfold, but returned ${got}.`);
}
