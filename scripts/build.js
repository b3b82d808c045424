// Builds everything: the kernels (AssemblyScript) into one module that the library carries inside, then the packages.
// Each step is skipped when its result is newer than its sources. `--quiet` says only what takes long.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const kernels = join(root, 'packages/tenfold/kernels');
const generated = join(root, 'packages/tenfold/src/device/wasm/kernels.generated.ts');
const wasm = join(root, 'packages/tenfold/dist/kernels.wasm');
const quiet = process.argv.includes('--quiet');

function run(command, ...parameters) {
  const { status, error } = spawnSync(
    process.execPath,
    [join(root, 'node_modules', command), ...parameters],
    {
      cwd: root,
      stdio: ['ignore', quiet ? 2 : 'inherit', 'inherit'],
    },
  );
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

function typescriptFiles(directory) {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? typescriptFiles(path) : path.endsWith('.ts') ? [path] : [];
  });
}

function isNewer(target, sources) {
  if (!existsSync(target)) return false;
  const { mtimeMs } = statSync(target);
  return sources.every((source) => statSync(source).mtimeMs <= mtimeMs);
}

/** The fields of every descriptor class, in order, inherited ones first. */
function descriptorClasses(sources) {
  const classes = new Map();
  for (const source of sources) {
    for (const [, name, parent, body] of source.matchAll(
      /^(?:export )?class (\w+)(?: extends (\w+))? \{\n([^}]*)\}/gm,
    )) {
      const own = [...body.matchAll(/^ {2}(\w+): (usize|i32|u32|f32);/gm)].map(([, field, type]) => [
        field,
        { usize: 'operand', i32: 'integer', u32: 'integer', f32: 'float' }[type],
      ]);
      if (classes.has(name)) throw new Error(`two kernel files have a class ${name}; rename one`);
      classes.set(name, { parent, own });
    }
  }
  const fields = (name) => {
    const { parent, own } = classes.get(name);
    return parent ? [...fields(parent), ...own] : own;
  };
  return fields;
}

/** Every exported function that takes a descriptor, a phase, a block and scratch is a kernel. */
function kernelLayouts(files) {
  const sources = files.map((file) => readFileSync(file, 'utf8'));
  const fieldsOf = descriptorClasses(sources);
  const signature =
    /^export function (\w+)\(\s*\w+: (\w+),\s*phase: i32,\s*block: i32,\s*scratch: usize,?\s*\)/gm;
  const layouts = {};
  for (const source of sources) {
    for (const [, kernel, descriptor] of source.matchAll(signature)) layouts[kernel] = fieldsOf(descriptor);
  }
  return layouts;
}

function buildKernels() {
  const entries = readdirSync(kernels)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(kernels, name));
  if (isNewer(generated, [...typescriptFiles(kernels), fileURLToPath(import.meta.url)]) && existsSync(wasm))
    return;
  mkdirSync(dirname(wasm), { recursive: true });
  run(
    'assemblyscript/bin/asc.js',
    ...entries,
    ...['--outFile', wasm, '--optimizeLevel', '3', '--runtime', 'stub', '--noAssert', '--use', 'abort='],
    ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
    ...['--enable', 'simd,threads,bulk-memory', '--disableWarning', '112'],
  );
  const layouts = kernelLayouts(typescriptFiles(kernels));
  const text = `// Made by scripts/${basename(fileURLToPath(import.meta.url))} from the kernels; do not edit.

export type FieldKind = 'operand' | 'integer' | 'float';

/** For each kernel the fields of its descriptor, four bytes each. */
export const layouts: Readonly<Record<string, readonly (readonly [name: string, kind: FieldKind])[]>> = ${JSON.stringify(layouts)};

export const wasmBase64 =
  '${readFileSync(wasm).toString('base64')}';
`;
  writeFileSync(generated, text);
}

buildKernels();
run('typescript/bin/tsc', '-b', 'packages/tenfold', 'packages/cli');
