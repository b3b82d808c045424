/**
 * The base of layers and networks. A module is a class whose fields are its parts: other modules, parameters, buffers,
 * and arrays of them. From the fields follow the names of the state dict, so that a field `conv1` with a field
 * `weight` holds `conv1.weight`, and the items of an array are numbered from 0. Names are those that Python would use:
 * the field `runningMean` is `running_mean`; a field that begins with a capital keeps its name.
 */

import { Tensor } from '../tensor/tensor.js';
import { roleOf, write } from './parameter.js';
import { type LoadResult, matchState, readState, type StateDict, type StoredTensor } from './state-dict.js';

export abstract class Module {
  /** Whether layers behave as in training (dropout drops, batch normalisation uses the batch) or as in use. */
  training = true;

  abstract forward(x: Tensor, ...others: never[]): Tensor;

  /** Sets this module and all inside it to training, or back. */
  train(mode = true): this {
    for (const [, module] of this.namedModules()) module.training = mode;
    return this;
  }

  /** Sets this module and all inside it to evaluation. */
  eval(): this {
    return this.train(false);
  }

  /** This module, named '', and all inside it, each once. */
  namedModules(): [string, Module][] {
    const names = new Map<Module, string>();
    for (const [name, module] of this.#walk('')) if (!names.has(module)) names.set(module, name);
    return Array.from(names, ([module, name]) => [name, module]);
  }

  /** All parameters, each once, under the first of its names; frozen ones too. */
  namedParameters(): [string, Tensor][] {
    return this.#named(isParameter);
  }

  parameters(): Tensor[] {
    return this.namedParameters().map(([, parameter]) => parameter);
  }

  namedBuffers(): [string, Tensor][] {
    return this.#named(isBuffer);
  }

  /** Drops the gradients of all parameters. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.zeroGrad();
  }

  /** Copies of all parameters and buffers by name, as they are at the time of the call. */
  async stateDict(): Promise<Map<string, StoredTensor>> {
    return readState(this.#named(() => true));
  }

  /**
   * Overwrites parameters and buffers with those of `state`.
   *
   * @returns The names that the state lacks, and those that only it has; both empty if `strict`.
   * @throws StateDictError that lists every misshapen name and, if `strict`, every missing and unexpected one; then
   *   nothing has changed.
   */
  loadStateDict(state: StateDict, { strict = true }: { readonly strict?: boolean } = {}): LoadResult {
    const expected = Array.from(this.#state(), ([target, names]) => ({
      target,
      names,
      optional: roleOf(target) === 'counter',
    }));
    const { matches, missing, unexpected } = matchState(this.constructor.name, expected, state, strict);
    for (const [tensor, values] of matches) write(tensor, values);
    return { missing, unexpected };
  }

  /** Frees all parameters and buffers; the module cannot be used any more. */
  dispose(): void {
    for (const [tensor] of this.#state()) tensor.dispose();
  }

  /** The parts of this module by name; what is neither a module nor a tensor, nor an array of them, is passed over. */
  protected members(): Iterable<readonly [string, unknown]> {
    return Object.entries(this).map(([field, value]) => [stateName(field), value]);
  }

  /** This module and all inside it, depth first, once for every name. */
  *#walk(name: string): Generator<[string, Module]> {
    yield [name, this];
    for (const [child, part] of this.#parts()) {
      if (part instanceof Module) yield* part.#walk(join(name, child));
    }
  }

  *#parts(): Generator<[string, Module | Tensor]> {
    for (const [name, value] of this.members()) yield* flatten(name, value);
  }

  /** Every parameter and buffer with all its names; within a module, parameters come first. */
  #state(): Map<Tensor, string[]> {
    const state = new Map<Tensor, string[]>();
    for (const [moduleName, module] of this.#walk('')) {
      const tensors = [...module.#parts()].filter(
        (part): part is [string, Tensor] => part[1] instanceof Tensor,
      );
      const parameters = tensors.filter(([, tensor]) => isParameter(tensor));
      const buffers = tensors.filter(([, tensor]) => isBuffer(tensor));
      for (const [name, tensor] of [...parameters, ...buffers]) {
        state.set(tensor, [...(state.get(tensor) ?? []), join(moduleName, name)]);
      }
    }
    return state;
  }

  #named(wanted: (tensor: Tensor) => boolean): [string, Tensor][] {
    return Array.from(this.#state(), ([tensor, names]): [string, Tensor] => [names[0]!, tensor]).filter(
      ([, tensor]) => wanted(tensor),
    );
  }
}

function isParameter(tensor: Tensor): boolean {
  return roleOf(tensor) === 'parameter';
}

/** Counters are buffers too; a tensor that was made in any other way than as parameter or buffer is not the module's. */
function isBuffer(tensor: Tensor): boolean {
  return roleOf(tensor) !== undefined && !isParameter(tensor);
}

function* flatten(name: string, value: unknown): Generator<[string, Module | Tensor]> {
  if (value instanceof Module || value instanceof Tensor) yield [name, value];
  else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* flatten(join(name, String(index)), item);
  }
}

function join(outer: string, inner: string): string {
  return outer === '' ? inner : `${outer}.${inner}`;
}

function stateName(field: string): string {
  return /^[A-Z]/.test(field)
    ? field
    : field.replace(/(?<=[a-z0-9])[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
}
