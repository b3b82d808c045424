/** The command was called wrongly; the message names the option, what was given and what is expected. */
export class UsageError extends Error {}

/** Reads the value of an option as a whole number of `least` or more, and at most `most`. */
export function wholeNumber(option: string, least: number, most?: number): (text: string) => number {
  const range = most === undefined ? `of ${least} or more` : `from ${least} to ${most}`;
  return (text) => {
    const value = parse(text);
    if (Number.isSafeInteger(value) && value >= least && value <= (most ?? value)) return value;
    throw new UsageError(`${option} takes a whole number ${range}, but was given '${text}'.`);
  };
}

/** Reads the value of an option as a number above zero. */
export function positiveNumber(option: string): (text: string) => number {
  return (text) => {
    const value = parse(text);
    if (Number.isFinite(value) && value > 0) return value;
    throw new UsageError(`${option} takes a number above 0, but was given '${text}'.`);
  };
}

function parse(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}
