// Checks the types of the tests. Those of the packed library have tools of their own, and wait until these are installed.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

function check(project) {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [compiler, '-p', project], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

check('test');
if (existsSync(join(root, 'test/package/node_modules'))) check('test/package');
else {
  console.log('test/package is not checked: its tools are missing; npm ci --prefix test/package');
  if (process.env.CI) process.exit(1);
}
