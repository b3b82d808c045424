import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

let workspace: string;
beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'tenfold-start-'));
  writeFileSync(join(workspace, 'package.json'), '{ "type": "module" }');
  const bin = fileURLToPath(new URL('../packages/cli/bin', import.meta.url));
  cpSync(bin, join(workspace, 'packages', 'cli', 'bin'), { recursive: true });
});
afterEach(() => rmSync(workspace, { recursive: true }));

function startCommand() {
  const command = join(workspace, 'packages', 'cli', 'bin', 'tenfold.js');
  return spawnSync(process.execPath, [command], { encoding: 'utf8' });
}

function writeBuildScript(source: string) {
  mkdirSync(join(workspace, 'scripts'));
  writeFileSync(join(workspace, 'scripts', 'build.js'), source);
}

test('the first start in a workspace builds it, quietly and away from standard output', () => {
  writeBuildScript(`
    import { mkdirSync, writeFileSync } from 'node:fs';
    const dist = new URL('../packages/cli/dist/', import.meta.url);
    mkdirSync(dist);
    writeFileSync(new URL('main.js', dist), 'console.log("started")');
    console.log('built', process.argv[2]);
  `);
  expect(startCommand()).toMatchObject({ status: 0, stdout: 'started\n', stderr: 'built --quiet\n' });
  expect(startCommand()).toMatchObject({ status: 0, stdout: 'started\n', stderr: '' });
});

test('a failing build ends with code 1', () => {
  writeBuildScript('process.exit(3)');
  expect(startCommand()).toMatchObject({
    status: 1,
    stderr: 'tenfold: the build failed; see the messages above, or run npm run build.\n',
  });
});

test('without anything to build, one sentence says what is missing', () => {
  const { status, stderr } = startCommand();
  expect(stderr).toMatch(/^tenfold: .+main\.js is missing; reinstall the package tenfold-cli\.\n$/);
  expect(status).toBe(1);
});
