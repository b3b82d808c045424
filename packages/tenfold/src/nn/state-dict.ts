/** Moving named tensors between the device and the host: what `stateDict` and `loadStateDict` share. */

import { elements, type Spec, type TypedArray } from '../device/device.js';
import { type Misshapen, ShapeError, StateDictError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { roleOf } from './parameter.js';

/** A tensor on the host: its kind, its shape and its values in row-major order. */
export interface StoredTensor extends Spec {
  readonly data: TypedArray;
  /** Whether it has 64 bits in PyTorch, and in files: of what counts. @default false */
  readonly long?: boolean;
}

export type StateDict = ReadonlyMap<string, StoredTensor>;

/** Copies tensors to the host, all as they are at the time of the call. */
export async function readState(
  tensors: Iterable<readonly [string, Tensor]>,
): Promise<Map<string, StoredTensor>> {
  const entries = Array.from(tensors, async ([name, tensor]): Promise<[string, StoredTensor]> => {
    const { dtype, shape } = tensor;
    const stored = { dtype, shape, data: await tensor.data() };
    return [name, roleOf(tensor) === 'counter' ? { ...stored, long: true } : stored];
  });
  return new Map(await Promise.all(entries));
}

/** A tensor that a state should hold. */
export interface Expected<Target extends Spec> {
  readonly target: Target;
  /** The names under which it may be found; a tied parameter has several, of which one is enough. */
  readonly names: readonly string[];
  /** Whether a state may lack it. */
  readonly optional: boolean;
}

export interface LoadResult {
  /** Names that the state lacks. */
  readonly missing: string[];
  /** Names that only the state has. */
  readonly unexpected: string[];
}

/**
 * Matches a state to what is expected, before anything is written.
 *
 * @param owner What the state is for, in error messages.
 * @throws StateDictError for every misshapen tensor and, if `strict`, every missing and unexpected one, in one error;
 *   ShapeError for a stored tensor whose values do not fill its shape.
 */
export function matchState<Target extends Spec>(
  owner: string,
  expected: readonly Expected<Target>[],
  state: StateDict,
  strict: boolean,
): LoadResult & { readonly matches: [Target, TypedArray][] } {
  const missing: string[] = [];
  const misshapen: Misshapen[] = [];
  const matches: [Target, TypedArray][] = [];
  const known = new Set<string>();
  for (const { names, target, optional } of expected) {
    const found = names.filter((name) => state.has(name));
    if (found.length === 0 && !optional) missing.push(names[0]!);
    for (const name of names) known.add(name);
    for (const name of found) {
      const stored = state.get(name)!;
      checkLength(name, stored);
      if (fits(stored, target)) matches.push([target, stored.data]);
      else misshapen.push({ name, got: specOf(stored), expected: specOf(target) });
    }
  }
  const unexpected = [...state.keys()].filter((name) => !known.has(name));
  if (misshapen.length > 0 || (strict && missing.length + unexpected.length > 0)) {
    throw mismatch(
      owner,
      strict ? { missing, unexpected, misshapen } : { missing: [], unexpected: [], misshapen },
    );
  }
  return { missing, unexpected, matches };
}

/** As in PyTorch, a scalar may also be stored as a list of one. */
function fits(stored: Spec, target: Spec): boolean {
  const shape = target.shape.length === 0 && stored.shape.length === 1 ? [1] : target.shape;
  return (
    stored.dtype === target.dtype &&
    stored.shape.length === shape.length &&
    stored.shape.every((side, axis) => side === shape[axis])
  );
}

function specOf({ dtype, shape }: Spec): Spec {
  return { dtype, shape };
}

function checkLength(name: string, { shape, data }: StoredTensor): void {
  if (data.length === elements(shape)) return;
  throw new ShapeError(
    `${name} has ${data.length} values, which do not fill its shape [${shape.join(', ')}] of ${elements(shape)} elements`,
    { operator: 'loadStateDict', rule: 'number of values', got: data.length, expected: elements(shape) },
  );
}

function mismatch(owner: string, details: ConstructorParameters<typeof StateDictError>[1]): StateDictError {
  const { missing, unexpected, misshapen } = details;
  const show = ({ dtype, shape }: Misshapen['got']) => `${dtype} [${shape.join(', ')}]`;
  const parts = [
    missing.length > 0 ? `it lacks ${few(missing)}` : '',
    unexpected.length > 0 ? `it has unexpected ${few(unexpected)}` : '',
    few(
      misshapen.map(({ name, got, expected }) => `${name} is ${show(got)} instead of ${show(expected)}`),
      '; ',
    ),
  ];
  const remedy =
    missing.length + unexpected.length > 0
      ? 'a state of the same kind fits, and { strict: false } ignores missing and unexpected names'
      : 'a state of the same kind and size fits';
  return new StateDictError(
    `loadStateDict: the state does not fit ${owner}: ${parts.filter(Boolean).join('; ')} (${remedy})`,
    details,
  );
}

/** Enough of a list to see what is wrong; the error's details have all of it. */
function few(items: readonly string[], separator = ', '): string {
  const shown = items.slice(0, 8).join(separator);
  return items.length > 8 ? `${shown} and ${items.length - 8} more` : shown;
}
