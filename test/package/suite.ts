/** Tests of this repository, run by any Node against the packed library. */

import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Packed } from './packed.js';

/** Other versions of Node than the one that runs this, as far as they are installed; they come for Linux on x64 only. */
export const otherVersions: readonly NodeVersion[] = ['node-22', 'node-24'].flatMap((name) => {
  const folder = fileURLToPath(new URL(`node_modules/${name}`, import.meta.url));
  if (!existsSync(folder)) return [];
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return [{ version, path: join(folder, 'bin/node') }];
});

if (
  process.env.CI &&
  existsSync(new URL('node_modules', import.meta.url)) &&
  `${process.platform} ${process.arch}` === 'linux x64' &&
  otherVersions.length < 2
) {
  throw new Error('CI must run the other versions of Node: npm ci --prefix test/package');
}

export interface NodeVersion {
  readonly version: string;
  /** Of its binary. */
  readonly path: string;
}

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** What needs nothing but the library, and takes seconds. */
const tests = [
  'contract/operators.test.ts',
  'engine/device.test.ts',
  'engine/prepared.test.ts',
  'engine/resume.test.ts',
  'engine/tensor.test.ts',
  'session/session.test.ts',
  'checkpoint.test.ts',
  'safetensors.test.ts',
];

/** Fails each test file that runs in another Node, or would see another copy of the library. */
const setup = `
import { createRequire } from 'node:module';
const found = createRequire(import.meta.url).resolve('tenfold/package.json');
const [wanted, version] = [process.env.TENFOLD_INSTALLED, process.env.TENFOLD_NODE];
if (found !== wanted) throw new Error('tenfold was found at ' + found + ', not at ' + wanted);
if (process.versions.node !== version) throw new Error('this is Node ' + process.versions.node + ', not ' + version);
`;

const config = `
import { mergeConfig } from 'vitest/config';
import repository from './vitest.config.ts';
export default mergeConfig(repository, { test: { setupFiles: ['setup.js'] } });
`;

/** Lays out the tests as in the repository, but with the packed library where its built files were. */
export function writeSuite({ folder, app }: Packed): string {
  const suite = join(folder, 'suite');
  const installed = join(app, 'node_modules/tenfold');
  cpSync(join(repository, 'test'), join(suite, 'test'), {
    recursive: true,
    filter: (path) => !/[\\/]test[\\/](browser|golden|package)$/.test(path),
  });
  for (const file of ['tsconfig.base.json', 'vitest.config.ts']) {
    cpSync(join(repository, file), join(suite, file));
  }
  writeFileSync(join(suite, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(suite, 'setup.js'), setup);
  writeFileSync(join(suite, 'suite.config.js'), config);
  mkdirSync(join(suite, 'packages/tenfold'), { recursive: true });
  symlinkSync(join(installed, 'dist'), join(suite, 'packages/tenfold/dist'));
  // Read for the names of its files only.
  symlinkSync(join(repository, 'packages/tenfold/src'), join(suite, 'packages/tenfold/src'));
  mkdirSync(join(suite, 'node_modules'));
  symlinkSync(installed, join(suite, 'node_modules/tenfold'));
  for (const tool of ['fast-check', 'vitest']) {
    symlinkSync(join(repository, 'node_modules', tool), join(suite, 'node_modules', tool));
  }
  return suite;
}

/** Runs the tests that `writeSuite` has laid out. @returns how many have passed; throws what has failed, as printed. */
export async function runSuite(
  suite: string,
  { app }: Packed,
  { path, version }: NodeVersion,
): Promise<number> {
  const report = join(suite, `${version}.json`);
  const parameters = [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--config=suite.config.js',
    '--reporter=dot',
    '--reporter=json',
  ];
  const environment = {
    ...process.env,
    TENFOLD_INSTALLED: join(realpathSync(app), 'node_modules/tenfold/package.json'),
    TENFOLD_NODE: version,
  };
  const finished = await new Promise<string | undefined>((resolve) => {
    execFile(
      path,
      [...parameters, `--outputFile.json=${report}`, ...tests.map((test) => `test/${test}`)],
      { cwd: suite, env: environment, maxBuffer: 1e8 },
      (error, stdout, stderr) => resolve(error ? stdout + stderr : undefined),
    );
  });
  if (finished !== undefined) throw new Error(finished);
  const { numPassedTests, numTotalTests } = JSON.parse(readFileSync(report, 'utf8'));
  if (numPassedTests !== numTotalTests)
    throw new Error(`only ${numPassedTests} of ${numTotalTests} tests ran`);
  return numPassedTests;
}
