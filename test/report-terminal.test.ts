import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { terminalChart } from '../packages/cli/dist/report/terminal-chart.js';
import { isUtf8 } from '../packages/cli/dist/report/terminal-glyphs.js';
import { epoch } from './report-records.js';

const utf8 = { LANG: 'en_US.UTF-8', TERM: 'xterm' };
const history = (epochs: number) => Array.from({ length: epochs }, (_, index) => epoch(index + 1));
const lines = (chart: string) => chart.trimEnd().split('\n');

describe('the chart in the terminal', () => {
  test.each([2, 3, 12, 200])('%i epochs take at most 12 lines of the terminal, none too wide', (epochs) => {
    for (const columns of [56, 80, 300]) {
      const drawn = lines(terminalChart(history(epochs), { isTTY: true, columns }, utf8));
      expect(drawn.length).toBeGreaterThan(8);
      expect(drawn.length).toBeLessThanOrEqual(12);
      for (const line of drawn) expect(line.length).toBeLessThanOrEqual(columns);
    }
  });

  test('names what it shows, from which number to which', () => {
    const chart = terminalChart(history(12), { isTTY: true, columns: 80 }, utf8);
    const drawn = lines(chart);
    expect(drawn[0]).toMatch(/^loss \(nats\) +accuracy \(%\)$/);
    // 1.4566 is the largest loss, 1.2346 / 12 the least one; accuracies go from 1 - 0.5432 to 1 - 0.4322 / 12.
    expect(drawn[1]).toMatch(/^1\.457\u2524.* 96\.4\u2524/);
    expect(drawn[8]).toMatch(/^0\.103\u2524.* 45\.7\u2524/);
    expect(drawn.at(-2)).toMatch(/^ +1 +12 +1 +12$/);
    expect(drawn.at(-1)).toBe('   \u2500\u2500 training   \u25cf validation');
    expect(chart.endsWith('\n')).toBe(true);
  });

  test('has no dots without validation', () => {
    const trained = history(5).map(({ validationLoss: _, validationAccuracy: __, ...rest }) => rest);
    const chart = terminalChart(trained, { isTTY: true }, utf8);
    expect(chart).not.toContain('\u25cf');
    expect(lines(chart).at(-1)).toBe('   \u2500\u2500 training');
  });

  test('a flat curve has an axis, too', () => {
    const flat = [epoch(1), { ...epoch(1), epoch: 2 }].map((record) => ({
      ...record,
      trainLoss: 1,
      validationLoss: 1,
    }));
    const drawn = lines(terminalChart(flat, { isTTY: true }, utf8));
    expect(drawn[1]).toMatch(/^2\.000/);
    expect(drawn[8]).toMatch(/^0\.000/);
  });

  test('is ASCII where the terminal is no UTF-8', () => {
    const chart = terminalChart(history(12), { isTTY: true }, { LANG: 'C', TERM: 'xterm' });
    expect(chart).toMatch(/^[\n -~]+$/);
    expect(lines(chart).at(-1)).toBe('   -- training   o validation');
  });

  test('has colours only where the terminal has them', () => {
    const draw = (hasColors?: () => boolean) =>
      terminalChart(history(12), { isTTY: true, ...(hasColors && { hasColors }) }, utf8);
    const start = '\u001b[';
    expect(draw()).not.toContain(start);
    expect(draw(() => false)).not.toContain(start);
    const coloured = draw(() => true);
    expect(coloured).toContain(start);
    expect(stripVTControlCharacters(coloured)).toBe(draw());
  });

  test('is nothing when there is no terminal, no room or no curve', () => {
    expect(terminalChart(history(12), {}, utf8)).toBe('');
    expect(terminalChart(history(12), { isTTY: false, columns: 80 }, utf8)).toBe('');
    expect(terminalChart(history(12), { isTTY: true, columns: 50 }, utf8)).toBe('');
    expect(terminalChart(history(1), { isTTY: true }, utf8)).toBe('');
    expect(terminalChart([], { isTTY: true }, utf8)).toBe('');
  });
});

test.each([
  [{ LANG: 'de_DE.UTF-8' }, 'linux', true],
  [{ LC_CTYPE: 'C.utf8' }, 'linux', true],
  [{ LC_ALL: 'C', LANG: 'de_DE.UTF-8' }, 'linux', false],
  [{}, 'darwin', false],
  [{ LANG: 'C.UTF-8', TERM: 'linux' }, 'linux', false],
  [{ LANG: 'C.UTF-8', TERM: 'dumb' }, 'linux', false],
  [{ WT_SESSION: '1' }, 'win32', true],
  [{ LANG: 'C.UTF-8' }, 'win32', false],
] as const)('%j on %s: UTF-8 is %s', (environment, platform, expected) => {
  expect(isUtf8(environment, platform)).toBe(expected);
});
