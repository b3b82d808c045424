/** docs/pretrained-weights.md: its program and its commands run, with a file as Python would have written it. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { command } from './cli.js';
import { goldenJson } from './golden.js';
import { type TorchTensor, torchFile } from './torch-safetensors.js';

const page = readFileSync(new URL('../docs/pretrained-weights.md', import.meta.url), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'tenfold-pretrained-'));
const program = fileURLToPath(new URL('.pretrained-weights-example.mjs', import.meta.url));

beforeAll(async () => {
  const { models } = goldenJson('models/index.json') as {
    models: readonly { name: string; state: readonly TorchTensor[] }[];
  };
  const { state } = models.find(({ name }) => name === 'mobilenet_v3_small')!;
  writeFileSync(join(folder, 'mobilenet_v3_small.safetensors'), torchFile(state));
  writeFileSync(
    join(folder, 'classes.json'),
    JSON.stringify(Array.from({ length: 1000 }, (_, index) => `thing ${index}`)),
  );
  await sharp({ create: { width: 320, height: 240, channels: 3, background: 'orange' } }).toFile(
    join(folder, 'cat.jpg'),
  );
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  rmSync(program, { force: true });
});

function run(...words: string[]): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, words, { cwd: folder, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  return stdout;
}

test('the program and the commands say the same of a picture', () => {
  writeFileSync(program, /```js\n(.*?)```/s.exec(page)![1]!);
  const fromProgram = [...run(program).matchAll(/^\d+\.\d\d % (.+)$/gm)].map(([, name]) => name);
  expect(fromProgram).toHaveLength(5);

  const [, block] = /```sh\n(npx tenfold convert [^`]*npx tenfold predict [^`]*)```/.exec(page)!;
  const printed = block!
    .trim()
    .split('\n')
    .map((line) => run(command, ...line.split(' ').slice(2)));
  expect(printed[1]).toMatch(new RegExp(`^cat.jpg: ${fromProgram[0]} `));
});

test('the part about other classes holds', () => {
  const [, code] = /```ts\n(.*?)```/s.exec(page)!;
  writeFileSync(
    program,
    `import { models, readSafetensors, start, stop } from 'tenfold';
await start();
${code}
console.log(JSON.stringify(model.loadStateDict(tensors, { strict: false })));
await stop();
`,
  );
  expect(JSON.parse(run(program))).toEqual({
    missing: ['classifier.3.weight', 'classifier.3.bias'],
    unexpected: [],
  });
});
