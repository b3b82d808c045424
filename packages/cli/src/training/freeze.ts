import type { nn, Tensor } from 'tenfold';
import { UsageError } from '../options.js';

/** Which parts of a network learn. */
export interface Freezing {
  readonly trainable: readonly Tensor[];
  /** How many numbers the parameters hold, all of them and those that are trained. */
  readonly parameters: number;
  readonly trained: number;
  /** Sets the network to training, but for what is frozen. */
  readonly train: () => void;
}

/**
 * Takes the parameters whose names match a pattern out of training. A normalisation whose parameters are all frozen
 * keeps its running statistics too, or the frozen layers after it would see other inputs than they learnt from.
 *
 * @param patterns Names in which * stands for any letters and ? for one: `conv1.*`, `*.bias`.
 * @throws UsageError for a pattern that fits no name, and if nothing is left to train.
 */
export function freeze(model: nn.Module, patterns: readonly string[]): Freezing {
  const named = model.namedParameters();
  const frozen = new Set<Tensor>();
  for (const pattern of patterns) {
    const matches = named.filter(([name]) => matcher(pattern).test(name));
    if (matches.length === 0) throw noMatch(pattern, named);
    for (const [, parameter] of matches) frozen.add(parameter);
  }
  for (const parameter of frozen) parameter.requiresGrad = false;
  const trainable = named.map(([, parameter]) => parameter).filter((parameter) => !frozen.has(parameter));
  if (trainable.length === 0) throw new UsageError('--freeze leaves no parameter to train; freeze fewer.');
  const still = model
    .namedModules()
    .map(([, module]) => module)
    .filter((module) => isFrozenNorm(module, frozen));
  return {
    trainable,
    parameters: count(named.map(([, parameter]) => parameter)),
    trained: count(trainable),
    train() {
      model.train();
      for (const module of still) module.eval();
    },
  };
}

/** Whether a module itself, not one inside it, holds running statistics beside frozen parameters only. */
function isFrozenNorm(module: nn.Module, frozen: ReadonlySet<Tensor>): boolean {
  const own = ([name]: readonly [string, Tensor]) => !name.includes('.');
  const parameters = module.namedParameters().filter(own);
  return (
    module.namedBuffers().some(own) &&
    parameters.length > 0 &&
    parameters.every(([, parameter]) => frozen.has(parameter))
  );
}

function matcher(pattern: string): RegExp {
  const source = pattern
    .replace(/[\\^$.|+()[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`);
}

function count(tensors: readonly Tensor[]): number {
  return tensors.reduce((sum, { length }) => sum + length, 0);
}

function noMatch(pattern: string, named: readonly (readonly [string, Tensor])[]): UsageError {
  const names = named.map(([name]) => name);
  const shown = names.length > 12 ? [...names.slice(0, 6), '...', ...names.slice(-5)] : names;
  return new UsageError(`--freeze '${pattern}' fits no parameter; their names are ${shown.join(', ')}.`);
}
