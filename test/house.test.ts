import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const source = fileURLToPath(new URL('../packages/tenfold/src', import.meta.url));

/** Which rooms of the library a room may import from, besides itself. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  platform: ['errors'],
  device: ['errors', 'platform'],
  tensor: ['errors', 'device'],
  ops: ['errors', 'device', 'tensor'],
  nn: ['errors', 'device', 'tensor', 'ops'],
  blocks: ['errors', 'device', 'tensor', 'ops', 'nn'],
  models: ['errors', 'device', 'tensor', 'ops', 'nn', 'blocks'],
  reference: ['errors', 'device', 'tensor', 'ops'],
  optim: ['errors', 'platform', 'device', 'tensor', 'ops', 'nn'],
  analysis: ['errors', 'device', 'tensor', 'ops', 'nn', 'blocks'],
  page: ['errors', 'tensor'],
  session: ['errors', 'platform', 'device'],
  formats: ['errors', 'platform'],
  checkpoint: ['errors', 'platform', 'device', 'tensor', 'nn', 'models', 'formats'],
};

const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.generated.ts'))
  .map((path) => path.replaceAll('\\', '/'));

/** The files that a file imports from, types included, as paths from `src`. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(source, file), 'utf8');
  return [...text.matchAll(/^(?:import|export)\b[^;]*?from '([^']+)';/gms)].map(([, target]) => {
    if (target === '#platform') return 'platform/platform.ts';
    if (!target!.startsWith('.')) return target!;
    return relative(source, join(source, file, '..', target!)).replace(/\.js$/, '.ts');
  });
}

/** Where users come in. */
const entries = ['index', 'everything'];

const room = (file: string) => file.split('/')[0]!.replace(/\.ts$/, '');

describe('the rooms of the library', () => {
  test('every room is in the table', () => {
    expect(new Set(files.map(room).filter((name) => !entries.includes(name)))).toEqual(
      new Set(Object.keys(mayImport).filter((name) => files.some((file) => room(file) === name))),
    );
  });

  test.each(files.filter((file) => !entries.includes(room(file))))('%s imports only downwards', (file) => {
    const strangers = importsOf(file).filter((target) => {
      if (!target.endsWith('.ts')) return room(file) !== 'platform';
      return room(target) !== room(file) && !mayImport[room(file)]!.includes(room(target));
    });
    expect(strangers).toEqual([]);
  });

  test('nothing imports in a circle', () => {
    const circles: string[] = [];
    const finished = new Set<string>();
    const visit = (file: string, path: readonly string[]) => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' > '));
      if (path.includes(file) || finished.has(file)) return;
      for (const target of importsOf(file)) if (files.includes(target)) visit(target, [...path, file]);
      finished.add(file);
    };
    for (const file of files) visit(file, []);
    expect(circles).toEqual([]);
  });
});

describe('the library package', () => {
  const manifest = JSON.parse(readFileSync(join(source, '../package.json'), 'utf8'));

  test('has no run-time dependencies', () => {
    expect(manifest.dependencies ?? {}).toEqual({});
    expect(manifest.peerDependencies ?? {}).toEqual({});
  });

  test('has one basename in every tier: each operator has a file in the reference room or runs on another kernel', () => {
    const names = (folder: string) =>
      readdirSync(join(source, folder)).filter((name) => !name.startsWith('_') && name !== 'index.ts');
    // Operators that are composed of another operator's kernels.
    const composed = [
      'adaptive-avg-pool2d.ts',
      'argmax.ts',
      'channel-shuffle.ts',
      'conv-transpose2d.ts',
      'define-operator.ts',
      'flatten.ts',
      'global-avg-pool.ts',
      'linear.ts',
      'matmul.ts',
      'mean.ts',
      'reshape.ts',
      'slice.ts',
      'split.ts',
    ];
    expect(
      names('ops')
        .filter((name) => !names('reference').includes(name))
        .sort(),
    ).toEqual(composed.sort());
  });
});
