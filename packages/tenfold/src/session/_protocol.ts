/** What a session and its worker say to each other. */

import * as errors from '../errors.js';

/** From the page to the worker. */
export type Request =
  | { readonly kind: 'hello' }
  | { readonly kind: 'run'; readonly id: number; readonly job: string; readonly input: unknown }
  | { readonly kind: 'pause' | 'resume' | 'cancel'; readonly id: number }
  | { readonly kind: 'close' };

/** From the worker to the page. */
export type Report = { readonly kind: 'ready' } | { readonly kind: 'closed' } | RunReport;

export type RunReport =
  | { readonly kind: 'progress'; readonly id: number; readonly progress: unknown }
  | { readonly kind: 'paused'; readonly id: number }
  | { readonly kind: 'done'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly error: PackedError }
  | { readonly kind: 'cancelled'; readonly id: number };

/** An error on its way: structured cloning would forget its class and details. */
interface PackedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
}

export function packError(error: unknown): PackedError {
  if (!(error instanceof Error))
    return { name: 'Error', message: String(error), stack: undefined, fields: {} };
  const { name, message, stack } = error;
  return { name, message, stack, fields: cloneable({ ...error }) ?? {} };
}

/** An error of the same class and fields as the one that was packed. */
export function unpackError({ name, message, stack, fields }: PackedError): Error {
  // biome-ignore lint/performance/noDynamicNamespaceImportAccess: an error may be of any class
  const known: unknown = Object.hasOwn(errors, name) ? errors[name as keyof typeof errors] : undefined;
  const builtIn = [TypeError, RangeError].find((kind) => kind.name === name);
  const { prototype } = (known ?? builtIn ?? Error) as typeof Error;
  const error = Object.setPrototypeOf(new Error(message), prototype) as Error;
  Object.assign(error, fields);
  if (error.name !== name) error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}

function cloneable<Value>(value: Value): Value | undefined {
  try {
    return structuredClone(value);
  } catch {
    return undefined;
  }
}
