import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { FileError, FormatError } from 'tenfold';
import { afterAll, describe, expect, test } from 'vitest';
import { wilsonInterval } from '../packages/cli/dist/report/findings.js';
import { compact, date, duration, loss, percent, short, whole } from '../packages/cli/dist/report/numbers.js';
import { pictureUrl } from '../packages/cli/dist/report/picture.js';
import { testResult } from '../packages/cli/dist/report/run-record.js';
import { parseRunRecord, readRunRecord } from '../packages/cli/dist/report/run-record-file.js';
import { runRecord } from './report-records.js';

const folder = mkdtempSync(join(tmpdir(), 'tenfold-report-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('reading a run record', () => {
  test('gives back what was written', async () => {
    const file = join(folder, 'run.json');
    writeFileSync(file, JSON.stringify(runRecord()));
    expect(await readRunRecord(file)).toEqual(runRecord());
  });

  test('a missing file is named', async () => {
    const file = join(folder, 'nowhere.json');
    const failure = readRunRecord(file);
    await expect(failure).rejects.toThrow(FileError);
    await expect(failure).rejects.toThrow(
      `cannot read ${file} (ENOENT); name the run.json of a training run.`,
    );
  });

  const changed = (changes: object) => JSON.stringify({ ...runRecord(), ...changes });

  test.each([
    ['no JSON', 'epoch,loss', /^x\.json is not the record of a training run: it is not JSON \(.*\)\.$/],
    ['a list', '[1, 2]', 'x.json is not the record of a training run: it holds an array, not an object.'],
    ['null', 'null', 'x.json is not the record of a training run: it holds null, not an object.'],
    ['a package', '{"name": "x"}', 'it has no "format", expected "tenfold-run".'],
    ['another format', changed({ format: 'other' }), 'its "format" is "other", expected "tenfold-run".'],
    ['a later version', changed({ formatVersion: 2 }), 'its "formatVersion" is 2, and this tenfold reads 1.'],
    [
      'no version',
      changed({ formatVersion: undefined }),
      'its "formatVersion" is missing, and this tenfold reads 1.',
    ],
    ['no history', changed({ history: undefined }), 'its "history" is missing, expected an array.'],
    ['a history that is none', changed({ history: {} }), 'its "history" is an object, expected an array.'],
    ['no model', changed({ model: null }), 'its "model" is null, expected an object.'],
    ['a time in words', changed({ seconds: '5 min' }), 'its "seconds" is a string, expected a number.'],
  ])('%s is refused in one sentence', (_, text, message) => {
    expect(() => parseRunRecord(text, 'x.json')).toThrow(FormatError);
    expect(() => parseRunRecord(text, 'x.json')).toThrow(message);
  });
});

describe('a test result', () => {
  test('follows from the confusion matrix', () => {
    const result = testResult(
      [
        [8, 2, 0],
        [1, 3, 0],
        [0, 0, 0],
      ],
      0.75,
    );
    expect(result).toEqual({
      images: 14,
      accuracy: 11 / 14,
      loss: 0.75,
      confusion: [
        [8, 2, 0],
        [1, 3, 0],
        [0, 0, 0],
      ],
      perClass: [
        { images: 10, correct: 8, accuracy: 0.8 },
        { images: 4, correct: 3, accuracy: 0.75 },
        { images: 0, correct: 0, accuracy: null },
      ],
    });
  });

  test.each([
    // Brown, Cai and DasGupta 2001; the bounds by hand: (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n).
    [0, 10, 0, 0.2775],
    [5, 10, 0.2366, 0.7634],
    [10, 10, 0.7225, 1],
    [9868, 10000, 0.9844, 0.9889],
  ])('%i of %i lies between %f and %f', (successes, trials, low, high) => {
    const interval = wilsonInterval(successes, trials);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });
});

test.each([1, 2, 3, 4])('a picture of %i channels keeps its pixels', (channels) => {
  const pixels = Uint8Array.from({ length: 5 * 3 * channels }, (_, index) => (index * 37) % 256);
  const url = pictureUrl({ pixels, width: 5, height: 3, channels });
  const [, base64] = /^data:image\/png;base64,([A-Za-z0-9+/=]+)$/.exec(url)!;
  expect(decode(Buffer.from(base64!, 'base64'))).toMatchObject({
    width: 5,
    height: 3,
    channels,
    data: pixels,
  });
});

describe('numbers', () => {
  const plain = (text: string) => text.replaceAll('\u00a0', ' ');

  test.each([
    [percent(0.98684), '98.68 %'],
    [percent(null), '\u2013'],
    [whole(54000), '54,000'],
    [whole(Number.NaN), '\u2013'],
    [loss(0.04627), '0.0463'],
    [loss(0.00001234), '1.23e-5'],
    [loss(0), '0.0000'],
    [short(0.1307), '0.1307'],
    [short(4e-7), '4e-7'],
    [compact(66346), '66,346'],
    [compact(4673280), '4.67 million'],
    [compact(4089184256), '4.09 billion'],
    [duration(12.84), '12.8 s'],
    [duration(59.97), '1 min 0 s'],
    [duration(320.4), '5 min 20 s'],
    [duration(3599.6), '1 h 0 min'],
    [duration(7980), '2 h 13 min'],
    [date('2026-11-24T05:31:07Z'), '24 November 2026, 05:31 UTC'],
    [date('yesterday'), 'yesterday'],
  ])('%s', (text, expected) => {
    expect(plain(text)).toBe(expected);
  });
});
