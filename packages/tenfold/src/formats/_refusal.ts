/** How readers of files say what is wrong with one. */

import { FormatError } from '../errors.js';

/** Throws a FormatError; without a message of its own it says that the rule's subject is one thing, not another. */
export type Refuse = (rule: string, got: unknown, expected: unknown, message?: string) => never;

export function refusal(source: string, tensor?: string): Refuse {
  return (rule, got, expected, message = `${rule} is ${show(got)}, but should be ${expected}`) => {
    const where = tensor === undefined ? source : `${source}: tensor ${show(tensor)}`;
    const details = { source, ...(tensor === undefined ? {} : { tensor }), rule, got, expected };
    throw new FormatError(`${where}: ${message}`, details);
  };
}

/** A value as it stands in a message, cut short: a hostile name can have a hundred million letters. */
export function show(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? 'missing');
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}
