/**
 * First values of parameters. They are keyed by a seed and by how many parameters were made before under that seed,
 * so a network built twice from the same seed is the same network.
 */

import { elements } from '../device/device.js';
import { meta } from '../device/meta.js';
import { OptionError } from '../errors.js';
import { type RandomKey, uniform } from '../tensor/random.js';
import type { Tensor } from '../tensor/tensor.js';
import { parameter, write } from './parameter.js';

interface Seeding {
  readonly seed: number;
  made: number;
}

let seeding: Seeding = { seed: 0, made: 0 };

/**
 * Builds modules whose first values depend only on `seed` and on the order in which their parameters are made. Outside
 * of it the seed is 0, and the count goes on for as long as the program runs.
 *
 * @throws OptionError unless the seed is a whole number from 0 to 2^32 - 1.
 */
export function seeded<Result>(seed: number, build: () => Result): Result {
  if (seed !== seed >>> 0) {
    throw new OptionError(`the seed must be a whole number from 0 to 4294967295, not ${seed}`, {
      operator: 'seeded',
      rule: 'seed',
      got: seed,
      expected: '0 to 4294967295',
    });
  }
  const outer = seeding;
  seeding = { seed, made: 0 };
  try {
    return build();
  } finally {
    seeding = outer;
  }
}

let skipping = false;

/**
 * Builds modules whose random first values are left out, zeros in their place, because all of them are about to be loaded:
 * drawing the 138 million of a VGG-16 takes longer than reading them from a file. As torch.nn.utils.skip_init.
 */
export function skipInit<Result>(build: () => Result): Result {
  const outer = skipping;
  skipping = true;
  try {
    return build();
  } finally {
    skipping = outer;
  }
}

function nextKey(): RandomKey {
  return { seed: seeding.seed, purpose: `init ${seeding.made++}` };
}

/** A parameter of one value everywhere, as normalisations begin with; it draws no random numbers. */
export function constantParameter(shape: readonly number[], value: number): Tensor {
  return parameter(constant(shape, value), shape);
}

/** The first values of such a parameter or buffer. */
export function constant(shape: readonly number[], value: number): () => Float32Array {
  return () => new Float32Array(elements(shape)).fill(value);
}

/** A parameter drawn evenly from -bound to bound. */
export function uniformParameter(shape: readonly number[], bound: number): Tensor {
  const key = nextKey();
  const length = elements(shape);
  return parameter(
    skipping ? () => new Float32Array(length) : () => uniform(length, -bound, bound, key),
    shape,
  );
}

/**
 * PyTorch's default for the weights and biases of convolutions and linear layers: evenly from -1 / sqrt(fanIn) to
 * 1 / sqrt(fanIn), fanIn being the number of inputs of one output. (It is He initialisation, He et al. 2015, equation
 * 15, for a leaky ReLU of slope sqrt(5).)
 */
export function defaultParameter(shape: readonly number[], fanIn: number): Tensor {
  return uniformParameter(shape, fanIn === 0 ? 0 : 1 / Math.sqrt(fanIn));
}

/**
 * Replaces the first values of a parameter by those that `values` computes; if it draws random numbers, under a key of
 * its own. On the meta device, which has no values, it is not called.
 */
export function initialise(parameter: Tensor, values: (key: RandomKey) => Float32Array): void {
  const key = nextKey();
  if (parameter.device !== meta && !skipping) write(parameter, values(key));
}
