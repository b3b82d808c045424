/** The benchmark leaves out no operator, and docs/benchmarks.md says what was measured. Written by `npm test -- -u`. */

import { conv2d, models, type Tensor } from 'tenfold';
import { describe, expect, test } from 'vitest';
import { data, directionsOf, operatorCase, parameter } from '../bench/cases/case.js';
import { operatorCases } from '../bench/cases/index.js';
import { networkCases } from '../bench/cases/networks.js';
import { drawing } from '../bench/page/drawing.js';
import { unexplained } from '../bench/page/judge.js';
import { pageOf } from '../bench/page/page.js';
import { readResults } from '../bench/page/publish.js';
import { operatorFiles, operatorName } from './contract/tables.js';

describe('cases', () => {
  test('every operator has one', () => {
    const names = new Set(operatorCases.map(({ operator }) => operator.name));
    expect(operatorFiles.map(operatorName).filter((name) => !names.has(name))).toEqual([]);
  });

  test('names are unique, or rows of one would be taken for those of another', () => {
    const names = operatorCases.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test('each application of a network stands in one', () => {
    const cases = networkCases([models.find('mnist_net'), models.find('shufflenet_v2_tiny')]);
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
    expect(cases.map(({ kind }) => kind)).toContain('conv2d 3x3/2, depthwise');
    expect(new Set(cases.flatMap(({ networks }) => networks))).toEqual(
      new Set(['mnist_net', 'shufflenet_v2_tiny']),
    );
  });

  test('directions know their work, and what Winograd saves of it', () => {
    const it = operatorCase({
      group: 'convolutions',
      name: '3x3 64-64, 14x14, batch 2',
      inputs: [data([2, 14, 14, 64]), parameter([64, 64, 3, 3])],
      apply: (x: Tensor, weight: Tensor) => conv2d(x, weight, undefined, { padding: 1 }),
    });
    const flop = 2 * 2 * 14 * 14 * 64 * 64 * 9;
    const bytes = 4 * (2 * 2 * 14 * 14 * 64 + 64 * 64 * 9);
    // Tiles of 4x4 over 14x14 pixels reach to 16x16.
    const arithmetic = flop / (4 * (14 / 16) ** 2);
    const one = { flop, bytes, arithmetic: expect.closeTo(arithmetic, 3) };
    expect(directionsOf(it)).toEqual([
      { direction: 'forward', wanted: undefined, ...one },
      { direction: 'input gradient', wanted: [true, false, false], ...one },
      { direction: 'weight gradient', wanted: [false, true, false], ...one },
      {
        direction: 'forward + backward',
        parts: expect.anything(),
        flop: 3 * flop,
        bytes: 3 * bytes,
        arithmetic: expect.closeTo(3 * arithmetic, 3),
      },
    ]);
  });
});

describe('docs/benchmarks.md', () => {
  const results = readResults();

  test('says what was measured', async () => {
    await expect(pageOf(results)).toMatchFileSnapshot('../docs/benchmarks.md');
    await expect(await drawing(results)).toMatchFileSnapshot('../docs/drawings/benchmarks.svg');
  });

  test('says what limits each target that is missed', () => {
    expect(unexplained(results)).toEqual([]);
  });
});
