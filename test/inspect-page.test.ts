/** docs/inspect.md and README.md: what their commands print. Written by `npm test -- -u`, compared by every other run. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { command } from './cli.js';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const page = read('../docs/inspect.md');

test.each(['../docs/inspect.md', '../README.md'])('%s shows what the commands print', async (path) => {
  const folder = mkdtempSync(join(tmpdir(), 'tenfold-page-'));
  try {
    const [, name, source] = /```js\n\/\/ (\S+)\n(.*?)```/s.exec(page)!;
    writeFileSync(join(folder, name!), source!);
    const run = (words: string) => {
      const { stdout, status } = spawnSync(process.execPath, [command, ...words.split(' ')], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, LC_ALL: 'C.UTF-8', TERM: 'xterm' },
      });
      expect(status).toBe(0);
      return stdout.trimEnd();
    };
    const now = read(path).replaceAll(
      /```console\n(\$ (?:npx )?tenfold ([^\n]+))\n.*?```/gs,
      (_, line: string, words: string) => `\`\`\`console\n${line}\n${run(words)}\n\`\`\``,
    );
    await expect(now).toMatchFileSnapshot(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the code of docs/inspect.md runs', () => {
  const [, source] = /```ts\n(.*?)```/s.exec(page)!;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module'], {
    cwd: new URL('.', import.meta.url),
    encoding: 'utf8',
    input: source!,
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^1814073344 \{/);
  expect(stdout.trimEnd()).toMatch(/256n$/);
});
