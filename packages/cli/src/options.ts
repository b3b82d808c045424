import { OptionError } from 'tenfold';
import { dataSetNames } from './data/index.js';

/** The command was called wrongly; the message names the option, what was given and what is expected. */
export class UsageError extends Error {}

/** An option that the library refuses is a mistake in the call. */
export function asUsage<Result>(option: string, body: () => Result): Result {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    throw new UsageError(sentence(`${option}: ${error.message.replace(/^\w+: /, '')}`));
  }
}

/** A message with a mark at its end, which those that come from elsewhere may have or lack. */
export function sentence(message: string): string {
  return /[.?!]$/.test(message) ? message : `${message}.`;
}

/** Reads the text of an option's value, or throws a UsageError. */
export type Reader<Value> = (text: string) => Value;

/** Reads the value of an option as a whole number of `least` or more, and at most `most`. */
export function wholeNumber(option: string, least: number, most?: number): Reader<number> {
  const range = most === undefined ? `of ${least} or more` : `from ${least} to ${most}`;
  return number(
    option,
    `a whole number ${range}`,
    (value) => Number.isSafeInteger(value) && value >= least && value <= (most ?? value),
  );
}

/** Reads the value of an option as a number above zero. */
export function positiveNumber(option: string): Reader<number> {
  return number(option, 'a number above 0', (value) => value > 0);
}

/** Reads the value of an option as a number of zero or more. */
export function amount(option: string): Reader<number> {
  return number(option, 'a number of 0 or more', (value) => value >= 0);
}

/** Reads the value of an option as a share: from 0 up to but excluding 1. */
export function share(option: string): Reader<number> {
  return number(option, 'a number from 0 up to but excluding 1', (value) => value >= 0 && value < 1);
}

/** Reads the value of an option as one of a few words. */
export function oneOf<Word extends string>(option: string, words: readonly Word[]): Reader<Word> {
  return (text) => {
    const word = words.find((candidate) => candidate === text);
    if (word !== undefined) return word;
    throw new UsageError(`${option} takes one of ${words.join(', ')}, but was given '${text}'.`);
  };
}

/** Reads the name of a data set; `fashion` is short for `fashion-mnist`. */
export const dataName: Reader<string> = (text) =>
  text === 'fashion' ? 'fashion-mnist' : oneOf('--data', dataSetNames)(text);

/** Reads an option that may be given several times, each time with one item or several between commas. */
export function list(option: string): (text: string, before?: readonly string[]) => string[] {
  return (text, before = []) => {
    const items = text.split(',').map((item) => item.trim());
    if (!items.includes('')) return [...before, ...items];
    throw new UsageError(`${option} takes names between commas, but was given '${text}'.`);
  };
}

/** Reads an option that may be given several times, each time as `name=value`; what looks like a number is one. */
export function settings(
  option: string,
): (
  text: string,
  before?: Readonly<Record<string, string | number | boolean>>,
) => Record<string, string | number | boolean> {
  return (text, before = {}) => {
    const [, name, value] = /^(\w+)=(.+)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined) {
      throw new UsageError(`${option} takes name=value, but was given '${text}'.`);
    }
    return { ...before, [name]: plain(value) };
  };
}

function plain(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  const value = parse(text);
  return Number.isFinite(value) ? value : text;
}

function number(option: string, expected: string, fits: (value: number) => boolean): Reader<number> {
  return (text) => {
    const value = parse(text);
    if (Number.isFinite(value) && fits(value)) return value;
    throw new UsageError(`${option} takes ${expected}, but was given '${text}'.`);
  };
}

function parse(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}
