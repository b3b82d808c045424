#!/usr/bin/env node
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = new URL('../dist/main.js', import.meta.url);
const buildScript = new URL('../../../scripts/build.js', import.meta.url);

// Install scripts are switched off in the workspace, so the first start after `npm ci` is what builds it.
if (!existsSync(main) && existsSync(buildScript)) {
  const build = spawnSync(process.execPath, [fileURLToPath(buildScript), '--quiet'], {
    stdio: ['ignore', process.stderr, process.stderr],
  });
  if (build.status !== 0) {
    console.error('tenfold: the build failed; see the messages above, or run npm run build.');
    process.exit(1);
  }
}

if (existsSync(main)) {
  await import(main.href);
} else {
  console.error(`tenfold: ${fileURLToPath(main)} is missing; reinstall the package tenfold-cli.`);
  process.exitCode = 1;
}
