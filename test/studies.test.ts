/** What the pages say of studies is what the committed results say. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { percent } from '../studies/study.js';

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
