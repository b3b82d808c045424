/**
 * The pages of docs/techniques: one shape for all, a drawing, and a program whose output is on the page. Drawings and
 * outputs are written by `npm test -- -u` and compared by every other run.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const docs = new URL('../docs/', import.meta.url);
const names = readdirSync(new URL('techniques/', docs)).map((file) => file.replace(/\.md$/, ''));

describe.each(names)('%s', (name) => {
  const page = readFileSync(new URL(`techniques/${name}.md`, docs), 'utf8');

  test('has the parts that every page has, and the name of its block', () => {
    const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(['Why', 'When not', 'Formula', 'Code', 'Measured here']);
    expect(page).toMatch(new RegExp(`!\\[[^\\]]{40,}\\]\\(\\.\\./drawings/${name}\\.svg\\)`));
    const block = `packages/tenfold/src/blocks/${name}.ts`;
    expect(page).toContain(`(../../${block})`);
    expect(existsSync(new URL(`../${block}`, import.meta.url))).toBe(true);
  });

  test('has a drawing', async () => {
    const { draw } = (await import(`./technique-drawings/${name}.ts`)) as { draw: () => string };
    await expect(draw()).toMatchFileSnapshot(fileURLToPath(new URL(`drawings/${name}.svg`, docs)));
  });

  test('has a program that prints what the page says', async () => {
    const [, program] = /```js\n(.*?)```/s.exec(page)!;
    const file = fileURLToPath(new URL(`.technique-${name}.mjs`, import.meta.url));
    writeFileSync(file, program!);
    try {
      const { stdout, stderr, status } = spawnSync(process.execPath, [file], { encoding: 'utf8' });
      expect(status, stderr).toBe(0);
      const printed = page.replace(/```text\n.*?```/s, () => `\`\`\`text\n${stdout}\`\`\``);
      await expect(printed).toMatchFileSnapshot(fileURLToPath(new URL(`techniques/${name}.md`, docs)));
    } finally {
      rmSync(file);
    }
  });
});
