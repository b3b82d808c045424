/** What a stranger gets who installs the library. */

import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserModule } from '../browser/module.js';
import { committedChecksum } from '../engine/committed-checksum.js';
import { digits } from '../engine/digits.js';
import { describeWithTools, hasTools, type Packed, pack } from './packed.js';
import { otherVersions, runSuite, writeSuite } from './suite.js';

let packed: Packed;
let suite: string | undefined;

beforeAll(() => {
  if (hasTools) packed = pack();
});
afterAll(() => packed?.remove());

describeWithTools('the packed library', () => {
  test('holds what was built, its manifest, its guide and its licence, and nothing else', () => {
    const others = packed.files.filter((path) => !/^dist\/[\w/.-]+\.(js|d\.ts|js\.map)$/.test(path));
    expect(others.sort()).toEqual(['LICENSE', 'README.md', 'dist/kernels.wasm', 'package.json']);
    const { exports } = JSON.parse(
      readFileSync(join(packed.app, 'node_modules/tenfold/package.json'), 'utf8'),
    );
    for (const target of Object.values<string | { types: string; default: string }>(exports)) {
      const paths = typeof target === 'string' ? [target] : [target.types, target.default];
      expect(packed.files).toEqual(expect.arrayContaining(paths.map((path) => path.replace(/^\.\//, ''))));
    }
  });

  test('has nothing that publint minds', async () => {
    const { publint } = await import('publint');
    const { messages } = await publint({ pkgDir: join(packed.app, 'node_modules/tenfold'), strict: true });
    expect(messages).toEqual([]);
  });

  test('has types that resolve wherever ES modules do', async () => {
    const { checkPackage, createPackageFromTarballData } = await import('@arethetypeswrong/core');
    const { types, ...analysis } = await checkPackage(
      createPackageFromTarballData(readFileSync(packed.tarball)),
      {
        excludeEntrypoints: ['./pool-worker.js', './kernels.wasm', './package.json'],
      },
    );
    expect(types).toMatchObject({ kind: 'included' });
    // It is a package of ES modules: neither CommonJS nor resolution from before `exports` finds it.
    const problems = 'problems' in analysis ? analysis.problems : [];
    const found = problems.filter(
      (problem) =>
        !('resolutionKind' in problem && ['node10', 'node16-cjs'].includes(problem.resolutionKind)),
    );
    expect(found).toEqual([]);
  });

  test('has types that stand without those of Node', async () => {
    writeTraining();
    const compiler = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));
    const { stdout } = spawnSync(process.execPath, [compiler, '-p', packed.app], { encoding: 'utf8' });
    expect(stdout).toBe('');
  });

  test('is made of the files that all other tests run, byte by byte', () => {
    const packedFile = (path: string) => readFileSync(join(packed.app, 'node_modules/tenfold', path));
    const builtFile = (path: string) =>
      readFileSync(new URL(`../../packages/tenfold/${path}`, import.meta.url));
    const code = packed.files.filter((path) => /\.(js|wasm)$/.test(path));
    expect(code.length).toBeGreaterThan(100);
    expect(code.filter((path) => !packedFile(path).equals(builtFile(path)))).toEqual([]);
  });
});

describeWithTools('the packed library in Node', () => {
  const reason = otherVersions.length > 0 ? '' : ' (skipped: there are none for this machine)';
  describe.skipIf(reason !== '').concurrent(`of another version${reason}`, () => {
    test.each(otherVersions)(
      '$version passes the tests of the engine',
      async (node) => {
        suite ??= writeSuite(packed);
        expect(await runSuite(suite, packed, node)).toBeGreaterThan(3500);
      },
      600_000,
    );
  });

  const thisOne = { version: process.versions.node, path: process.execPath };
  test.each([thisOne, ...otherVersions])(
    '$version trains 50 steps with the committed bits',
    async ({ path, version }) => {
      const { images, labels } = await digits();
      writeFileSync(join(packed.app, 'images.bin'), images);
      writeFileSync(join(packed.app, 'labels.bin'), labels);
      writeFileSync(join(packed.app, 'training.mjs'), await browserModule(trainingFile));
      const script = `
      import { readFileSync } from 'node:fs';
      import * as tenfold from 'tenfold';
      import { finish, train50Steps } from './training.mjs';
      await tenfold.start({ threads: 2 });
      const digits = { images: readFileSync('images.bin'), labels: readFileSync('labels.bin') };
      console.log(process.versions.node, (await finish(train50Steps(tenfold, digits))).checksum);
      await tenfold.stop();`;
      writeFileSync(join(packed.app, 'train.mjs'), script);
      const output = execFileSync(path, ['train.mjs'], { cwd: packed.app, encoding: 'utf8' });
      expect(output.trim()).toBe(`${version} ${committedChecksum}`);
    },
  );
});

const trainingFile = new URL('../engine/training.ts', import.meta.url);

/** The text of the trainings, which imports nothing but types. */
function writeTraining(): void {
  writeFileSync(join(packed.app, 'training.ts'), readFileSync(trainingFile));
}
