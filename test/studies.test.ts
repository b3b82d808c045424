/** What the pages say of studies is what the committed results say; and results are not lost. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { percent, study } from '../studies/study.js';

interface Result {
  readonly arm: string;
  readonly testAccuracy: number;
}

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

test.each([
  ['ablation', 'docs/tenfold-net.md', 11, 3],
  ['transfer', 'docs/training.md', 3, 3],
  ['warped-fashion', 'docs/warped-fashion.md', 4, 5],
])('%s', (study, page, arms, seeds) => {
  const results: readonly Result[] = JSON.parse(read(`studies/${study}/results.json`));
  const byArm = new Map(
    results.map(({ arm }) => [arm, results.filter((result) => result.arm === arm)] as const),
  );
  expect(byArm.size).toBe(arms);
  const text = read(page);
  for (const [arm, runs] of byArm) {
    expect(runs, arm).toHaveLength(seeds);
    expect(text, arm).toContain(`| ${percent(runs.map(({ testAccuracy }) => testAccuracy))} |`);
  }
});

test('a study keeps what other processes of it have saved meanwhile, and does not do it again', async () => {
  vi.spyOn(console, 'log').mockImplementation(() => {});
  const folder = mkdtempSync(join(tmpdir(), 'tenfold-study-'));
  const file = join(folder, 'results.json');
  const found = () => JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify([{ arm: 'a', seed: 1, value: 10 }]));
  const done: string[] = [];
  const results = await study({
    file,
    arms: ['a', 'b', 'c'],
    seeds: [1, 2],
    run: async (arm: string, seed: number) => {
      done.push(`${arm}${seed}`);
      if (arm === 'b' && seed === 1) {
        writeFileSync(file, JSON.stringify([...found(), { arm: 'a', seed: 2, value: 20 }]));
      }
      return { value: 0 };
    },
  });
  expect(done).toEqual(['b1', 'c1', 'b2', 'c2']);
  expect(results).toEqual(found());
  expect(results.map(({ arm, seed, value }: Result & Record<string, unknown>) => [arm, seed, value])).toEqual(
    [
      ['a', 1, 10],
      ['a', 2, 20],
      ['b', 1, 0],
      ['c', 1, 0],
      ['b', 2, 0],
      ['c', 2, 0],
    ],
  );
  expect(readdirSync(folder)).toEqual(['results.json']);
  rmSync(folder, { recursive: true });
  vi.restoreAllMocks();
});
