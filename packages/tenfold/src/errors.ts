/**
 * Errors that say what was given, what was expected, where, and how to mend it. Catch `TenfoldError` for all of
 * them; the subclasses and their `details` are for programs, the message is for people.
 */

export class TenfoldError extends Error {
  // Written out in every class, because what makes a page small renames the classes themselves.
  override readonly name: string = 'TenfoldError';
  /** The facts behind the message: the numbers, names and shapes that it quotes. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(message: string, details: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.details = details;
  }
}

/** What an operator was given does not fit together: shapes, kinds, or one of its options. */
export interface Mismatch {
  /** The operator or function that refuses, by its public name. */
  readonly operator: string;
  /** The rule that does not hold, in a word or two: `input channels`, `stride`, `rank`. */
  readonly rule: string;
  readonly got: unknown;
  readonly expected: unknown;
}

/** Shapes that do not fit together. */
export class ShapeError extends TenfoldError {
  override readonly name: string = 'ShapeError';
  declare readonly details: Readonly<Mismatch>;

  constructor(message: string, details: Mismatch) {
    super(`${details.operator}: ${message}`, { ...details });
  }
}

/** An option with an impossible value. */
export class OptionError extends TenfoldError {
  override readonly name: string = 'OptionError';
  declare readonly details: Readonly<Mismatch>;

  constructor(message: string, details: Mismatch) {
    super(`${details.operator}: ${message}`, { ...details });
  }
}

/** Something is used at the wrong time: before `start`, after it was freed, outside the scope it belongs to. */
export class StateError extends TenfoldError {
  override readonly name: string = 'StateError';
}

/** The device has no room left. */
export class OutOfMemoryError extends TenfoldError {
  override readonly name: string = 'OutOfMemoryError';
}

/** A thread of the device died or hangs. */
export class DeviceLostError extends TenfoldError {
  override readonly name: string = 'DeviceLostError';
}

/** A job was cancelled before it was done. */
export class CancelledError extends TenfoldError {
  override readonly name: string = 'CancelledError';
}

/** A loss that is NaN or infinite, in a training step that was told to refuse it; no parameter has changed. */
export class NonFiniteLossError extends TenfoldError {
  override readonly name: string = 'NonFiniteLossError';
  /** NaN, Infinity or -Infinity. */
  readonly loss: number;
  /** The number of the step, counted from 0. */
  readonly step: number;

  constructor(message: string, details: { readonly loss: number; readonly step: number }) {
    super(message, { ...details });
    this.loss = details.loss;
    this.step = details.step;
  }
}

/** A file (or bytes that claim to be one) is not what it should be. */
export class FormatError extends TenfoldError {
  override readonly name: string = 'FormatError';
}

/** A file cannot be read or written: it is missing, the disk is full, or permission is refused. */
export class FileError extends TenfoldError {
  override readonly name: string = 'FileError';
}

/** What does not fit when a state is loaded: names, and tensors of another shape or kind. */
export interface StateDictMismatch {
  /** Names that the module or optimizer has and the state lacks. */
  readonly missing: readonly string[];
  /** Names that only the state has. */
  readonly unexpected: readonly string[];
  readonly misshapen: readonly Misshapen[];
}

export interface Misshapen {
  readonly name: string;
  readonly got: { readonly dtype: string; readonly shape: readonly number[] };
  readonly expected: { readonly dtype: string; readonly shape: readonly number[] };
}

/** A state that does not fit the module or optimizer it is loaded into; nothing was loaded. */
export class StateDictError extends TenfoldError implements StateDictMismatch {
  override readonly name: string = 'StateDictError';
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly misshapen: readonly Misshapen[];

  constructor(message: string, mismatch: StateDictMismatch) {
    super(message, { ...mismatch });
    this.missing = mismatch.missing;
    this.unexpected = mismatch.unexpected;
    this.misshapen = mismatch.misshapen;
  }
}
