/** Networks by name: what a command line or a checkpoint, which know no function, builds them from. */

import { OptionError } from '../errors.js';
import type { Module } from '../nn/module.js';
import { nearestNames } from './_nearest-names.js';
import { completeOptions, type OptionValue, type Publication } from './_publish.js';
import * as families from './families.js';

interface Entry {
  readonly publication: Publication;
  readonly build: (options?: object) => Module;
}

const { compare } = new Intl.Collator('en', { numeric: true });

const entries: ReadonlyMap<string, Entry> = new Map(
  Object.values<unknown>(families)
    .flatMap((exported) => {
      if (typeof exported !== 'function' || !('publication' in exported)) return [];
      const publication = exported.publication as Publication;
      return [[publication.name, { publication, build: exported as unknown as Entry['build'] }] as const];
    })
    .sort(([a], [b]) => compare(a, b)),
);

function entry(name: string): Entry {
  const found = entries.get(name);
  if (found !== undefined) return found;
  const nearest = nearestNames(name, [...entries.keys()]).slice(0, 3);
  throw new OptionError(
    `there is no model '${name}'; the nearest ${nearest.length === 1 ? 'name is' : 'names are'} ${nearest.join(', ')}`,
    { operator: 'models', rule: 'name', got: name, expected: nearest },
  );
}

/** Every published network, in the order of their names: resnet18 before resnet101. */
export function list(): Publication[] {
  return Array.from(entries.values(), ({ publication }) => publication);
}

/** @throws OptionError if no network has this name; it names those that have nearly the same. */
export function find(name: string): Publication {
  return entry(name).publication;
}

/**
 * The options of a network with all defaults filled in: with its name, all that it takes to build it again.
 *
 * @throws OptionError for an unknown name, an option that the network does not have, or a value of the wrong kind.
 */
export function optionsOf(name: string, options: object = {}): Readonly<Record<string, OptionValue>> {
  return completeOptions(find(name), options);
}

/**
 * Builds a network by its name: `create('mnist_net', { numClasses: 3 })`.
 *
 * @throws OptionError as `optionsOf`, and as the network itself for impossible values.
 */
export function create(name: string, options: object = {}): Module {
  return entry(name).build(options);
}
