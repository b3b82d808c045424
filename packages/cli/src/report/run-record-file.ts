import { readFile } from 'node:fs/promises';
import { FileError, FormatError } from 'tenfold';
import { type RunRecord, runRecordFormat, runRecordVersion } from './run-record.js';

/** Reads the `run.json` of a run. */
export async function readRunRecord(file: string): Promise<RunRecord> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new FileError(`cannot read ${file} (${code ?? message}); name the run.json of a training run.`, {
      path: file,
      code,
    });
  }
  return parseRunRecord(text, file);
}

/**
 * Makes a run record of a file's text. It checks that the text is one and that no part of it is missing, not every
 * number in it: only tenfold writes such files.
 *
 * @param file Its name for error messages.
 */
export function parseRunRecord(text: string, file: string): RunRecord {
  const refuse = (what: string): FormatError =>
    new FormatError(`${file} is not the record of a training run: ${what}.`, { file });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refuse(`it is not JSON (${(error as Error).message})`);
  }
  if (kindOf(value) !== 'object') throw refuse(`it holds ${article(kindOf(value))}, not an object`);
  const record = value as Record<string, unknown>;
  if (record.format !== runRecordFormat) {
    const got =
      record.format === undefined ? 'it has no "format"' : `its "format" is ${quote(record.format)}`;
    throw refuse(`${got}, expected ${quote(runRecordFormat)}`);
  }
  if (record.formatVersion !== runRecordVersion) {
    throw refuse(
      `its "formatVersion" is ${quote(record.formatVersion)}, and this tenfold reads ${runRecordVersion}`,
    );
  }
  for (const [name, expected] of Object.entries(parts)) {
    const got = kindOf(record[name]);
    if (got !== expected) throw refuse(`its "${name}" is ${article(got)}, expected ${article(expected)}`);
  }
  return value as RunRecord;
}

/** The parts that no record lacks. */
const parts = {
  command: 'string',
  status: 'string',
  date: 'string',
  seconds: 'number',
  versions: 'object',
  machine: 'object',
  options: 'object',
  data: 'object',
  model: 'object',
  history: 'array',
  mistakes: 'array',
  checkpoints: 'object',
} as const satisfies Partial<Record<keyof RunRecord, string>>;

function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function article(kind: string): string {
  if (kind === 'missing' || kind === 'null') return kind;
  return `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind}`;
}

function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 40 ? text.slice(0, 40) + '...' : text;
}
