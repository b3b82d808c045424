// Builds everything: the kernels (AssemblyScript) into one module that the library carries inside, then the packages.
// Each step is skipped when its result is newer than its sources. `--quiet` says only what takes long.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipAsync } from '@gfx/zopfli';
import { Module } from 'assemblyscript';
import { main as compile } from 'assemblyscript/asc';
import { rolldown } from 'rolldown';
import { unroll } from './unroll.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const library = join(root, 'packages/tenfold');
const kernels = join(library, 'kernels');
const unrollFile = fileURLToPath(new URL('unroll.js', import.meta.url));
const thisFile = fileURLToPath(import.meta.url);
const doNotEdit = (source) => `// Made by scripts/${basename(thisFile)} from ${source}; do not edit.\n`;
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

function filesIn(directory, ending) {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(directory, name));
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

/**
 * Functions with several callers are inlined up to so many instructions; asc's own limit of 70 makes the kernels 1.5
 * kilobytes larger and no faster. What must be inlined says @inline.
 */
const inlinedInstructions = 30;
const { setFlexibleInlineMaxSize } = Module.prototype;
Module.prototype.setFlexibleInlineMaxSize = function () {
  setFlexibleInlineMaxSize.call(this, inlinedInstructions);
};

async function buildKernels() {
  const entries = readdirSync(kernels)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(kernels, name));
  const sources = filesIn(kernels, '.ts');
  const generated = join(library, 'src/device/wasm/kernels.generated.ts');
  const wasm = join(library, 'dist/kernels.wasm');
  if (isNewer(generated, [...sources, thisFile, unrollFile]) && existsSync(wasm)) return;
  mkdirSync(dirname(wasm), { recursive: true });
  const { error } = await compile(
    [
      ...entries.map((entry) => relative(root, entry)),
      ...['--outFile', wasm, '--optimizeLevel', '3', '--runtime', 'stub', '--noAssert', '--use', 'abort='],
      ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
      ...['--enable', 'simd,threads,bulk-memory', '--disableWarning', '112'],
    ],
    {
      stdout: process.stdout,
      stderr: process.stderr,
      readFile(name) {
        const file = join(root, name);
        return existsSync(file) ? unroll(readFileSync(file, 'utf8')) : null;
      },
    },
  );
  if (error) process.exit(1);
  const layouts = kernelLayouts(sources);
  const text = `${doNotEdit('the kernels')}
export type FieldKind = 'operand' | 'integer' | 'float';

/** For each kernel the fields of its descriptor, four bytes each. */
export const layouts: Readonly<Record<string, readonly (readonly [name: string, kind: FieldKind])[]>> = ${JSON.stringify(layouts)};

/** The module as gzip in base64. */
export const compressedWasm: string =
  '${Buffer.from(await gzipAsync(readFileSync(wasm), { numiterations: 5 })).toString('base64')}';
`;
  writeFileSync(generated, text);
}

/** Makes one module of `entry` and all that it imports, for browsers. */
async function bundle(entry) {
  const built = await rolldown({ input: entry, platform: 'browser', logLevel: 'warn' });
  try {
    const { output } = await built.generate({ format: 'esm', minify: true, codeSplitting: false });
    return output[0].code;
  } finally {
    await built.close();
  }
}

/** Threads are made from the text of `workerMain`, taken here because what bundles a page may rewrite functions. */
async function buildWorker() {
  const entry = join(library, 'src/device/wasm/worker.ts');
  const generated = join(library, 'src/device/wasm/worker.generated.ts');
  const module = join(library, 'dist/pool-worker.js');
  if (isNewer(generated, [entry, thisFile]) && existsSync(module)) return;
  const { workerMain } = await import(`data:text/javascript,${encodeURIComponent(await bundle(entry))}`);
  writeFileSync(
    generated,
    `${doNotEdit('worker.ts')}
/** A function \`(data, post) => void\`. */
export const workerSource: string =
  ${JSON.stringify(String(workerMain))};
`,
  );
  writeFileSync(
    module,
    `// A thread of tenfold as a file, for pages that may not make workers from source text: start({ workerUrl }).
addEventListener('message', ({ data }) => (${workerMain})(data, (message) => postMessage(message)), { once: true });
`,
  );
}

/** The whole library as one file, for pages that are not bundled. */
async function buildBundle() {
  const entry = join(library, 'dist/everything.js');
  const target = join(library, 'dist/tenfold.min.js');
  if (
    isNewer(
      target,
      filesIn(join(library, 'dist'), '.js').filter((file) => file !== target),
    )
  )
    return;
  writeFileSync(target, await bundle(entry));
}

await buildKernels();
await buildWorker();
run('typescript/bin/tsc', '-b', 'packages/tenfold', 'packages/cli');
await buildBundle();
