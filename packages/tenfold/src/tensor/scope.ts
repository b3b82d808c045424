/**
 * Scopes free what is made inside them. JavaScript runs no finalizers inside synchronous code, so a loop that makes
 * tensors must say where they end; `trainStep` and `predict` do it for ordinary users.
 */

import { StateError } from '../errors.js';

interface Tracked {
  dispose(): void;
}

let innermost: Set<Tracked> | undefined;

/** Enters a new object in the innermost scope, if there is one. */
export function track(object: Tracked): void {
  innermost?.add(object);
}

/** Takes an object out of the innermost scope: it now lives until it is disposed of, as parameters do. */
export function keep<Kept extends Tracked>(object: Kept): Kept {
  innermost?.delete(object);
  return object;
}

/**
 * Runs `body` and frees every tensor made inside it except those in its result (a tensor, or an array, map or plain
 * object of tensors), which pass to the scope outside, and parameters, gradients, buffers and optimizer state.
 *
 * @throws StateError if `body` returns a promise: a scope ends when `body` returns, before asynchronous work has run.
 */
export function scope<Result>(body: () => Result): Result {
  const outer = innermost;
  const inner = new Set<Tracked>();
  innermost = inner;
  let result: Result | undefined;
  try {
    result = body();
    if (result instanceof Promise) {
      result.catch(() => {});
      throw new StateError(
        'scope: the function is asynchronous, but a scope ends when its function returns; await outside the scope',
      );
    }
    forEachTracked(result, inner, (object) => {
      inner.delete(object);
      outer?.add(object);
    });
    return result;
  } finally {
    innermost = outer;
    for (const object of inner) object.dispose();
  }
}

function forEachTracked(
  value: unknown,
  tracked: ReadonlySet<Tracked>,
  visit: (object: Tracked) => void,
): void {
  if (typeof value !== 'object' || value === null) return;
  if (tracked.has(value as Tracked)) visit(value as Tracked);
  else if (Array.isArray(value)) for (const item of value) forEachTracked(item, tracked, visit);
  else if (value instanceof Map) for (const item of value.values()) forEachTracked(item, tracked, visit);
  else if (Object.getPrototypeOf(value) === Object.prototype) {
    for (const item of Object.values(value)) forEachTracked(item, tracked, visit);
  }
}
