/** Which rates of dilated convolutions leave holes: the published examples, whole tables, and the layers themselves. */

import fc from 'fast-check';
import {
  DilatedStack,
  hdcCheck,
  hdcDesign,
  hdcDistances,
  initialise,
  OptionError,
  onDevice,
  scope,
  slice,
  sum,
  tensor,
} from 'tenfold';
import { describe, expect, test } from 'vitest';
import { reference } from './devices.js';

/** The positions that a stack reads, as plainly as can be. */
function positions(rates: readonly number[], kernelSize: number): Set<number> {
  let read = new Set([0]);
  for (const rate of rates) {
    const next = new Set<number>();
    for (const position of read) {
      for (let tap = 0; tap < kernelSize; tap++) next.add(position + tap * rate);
    }
    read = next;
  }
  return read;
}

const field = (rates: readonly number[], kernelSize: number) =>
  1 + (kernelSize - 1) * rates.reduce((total, rate) => total + rate, 0);

const commonFactor = (rates: readonly number[]) => {
  for (let factor = Math.min(...rates); factor > 1; factor--) {
    if (rates.every((rate) => rate % factor === 0)) return factor;
  }
  return 1;
};

/** All ordered triples of rates from 1 to 10. */
const triples = Array.from({ length: 1000 }, (_, index) => [
  1 + Math.floor(index / 100),
  1 + (Math.floor(index / 10) % 10),
  1 + (index % 10),
]);

describe('hdcCheck', () => {
  test('[1, 2, 5], the published example, reads everything', () => {
    const { ok, reason, vertical, horizontal } = hdcCheck([1, 2, 5], 3);
    expect(ok).toBe(true);
    expect(reason).toBe('all 17 positions of the field are read');
    expect(horizontal).toEqual(vertical);
    expect(vertical.groups).toEqual([
      {
        rates: [1, 2, 5],
        maximumDistances: [1, 2, 5],
        recursion: { ok: true, reason: '[1, 2, 5] has M_2 = 2, at most the kernel size 3' },
        commonFactor: { ok: true, factor: 1, reason: '[1, 2, 5] has no common factor' },
      },
    ]);
    expect(vertical.coverage).toMatchObject({ ok: true, receptiveField: 17, covered: 17, holes: [] });
    expect(vertical.coverage.paths).toEqual([1, 1, 2, 1, 2, 2, 2, 2, 1, 2, 2, 2, 2, 1, 2, 1, 1]);
  });

  test('[1, 2, 9], the published counter-example, has M_2 = 5 and holes', () => {
    const { ok, reason, vertical } = hdcCheck([1, 2, 9]);
    expect(ok).toBe(false);
    expect(vertical.groups[0]!.maximumDistances[1]).toBe(5);
    expect(vertical.coverage).toMatchObject({ receptiveField: 25, covered: 21, holes: [7, 8, 16, 17] });
    expect(reason).toBe(
      '21 of 25 positions of the field are read: [1, 2, 9] has M_2 = 5, more than the kernel size 3',
    );
  });

  test('[2, 2, 2] has holes although the recursion accepts it', () => {
    const { ok, reason, vertical } = hdcCheck([2, 2, 2]);
    expect(ok).toBe(false);
    expect(vertical.groups[0]!.recursion.ok).toBe(true);
    expect(vertical.groups[0]!.commonFactor).toEqual({
      ok: false,
      factor: 2,
      reason: '[2, 2, 2] has the common factor 2',
    });
    expect(vertical.coverage).toMatchObject({ covered: 7, receptiveField: 13 });
    expect(reason).toBe('7 of 13 positions of the field are read: [2, 2, 2] has the common factor 2');
  });

  test.each([[[2, 4, 6]], [[2, 4, 8]]])('%o has a common factor and holes', (rates) => {
    const { ok, vertical } = hdcCheck(rates);
    expect(ok).toBe(false);
    expect(vertical.groups[0]!.commonFactor).toMatchObject({ ok: false, factor: 2 });
    expect(vertical.coverage.holes.every((position) => position % 2 === 1)).toBe(true);
  });

  test('the sawtooth [1, 2, 5, 1, 2, 5] is two groups, and has no hole', () => {
    const { ok, vertical } = hdcCheck([1, 2, 5, 1, 2, 5]);
    expect(ok).toBe(true);
    expect(vertical.groups.map(({ rates }) => rates)).toEqual([
      [1, 2, 5],
      [1, 2, 5],
    ]);
    expect(vertical.groups.every(({ recursion, commonFactor }) => recursion.ok && commonFactor.ok)).toBe(
      true,
    );
    expect(vertical.coverage.receptiveField).toBe(33);
    // Taken as one group, the recursion would refuse what the paper recommends.
    expect(hdcDistances([1, 2, 5, 1, 2, 5])[1]).toBe(5);
  });

  test('the whole path decides: the tail of DeepLabv3, alone and behind what comes before', () => {
    const tail = [2, 4, 4];
    expect(hdcCheck(tail).vertical.coverage).toMatchObject({ receptiveField: 21, covered: 11 });
    expect(hdcCheck(tail).vertical.coverage.holes.length).toBe(10);
    const before = [1, 2, 2, 2, 2, 2];
    expect(hdcCheck([...before, ...tail]).ok).toBe(true);
    for (const rate of [12, 24, 36])
      expect(hdcCheck([...before, ...tail, rate]).ok, `ASPP ${rate}`).toBe(true);
  });

  test('rules against it do not decide', () => {
    const { ok, reason } = hdcCheck([5, 1, 2]);
    expect(ok).toBe(true);
    expect(reason).toBe('all 17 positions of the field are read, although [5] has the common factor 5');
    const { ok: seen, reason: why } = hdcCheck([1, 1, 9], 5);
    expect(seen).toBe(true);
    expect(why).toBe(
      'all 45 positions of the field are read, although [1, 1, 9] has M_2 = 7, more than the kernel size 5',
    );
  });

  test('the axes are examined each for itself', () => {
    const { ok, reason, vertical, horizontal } = hdcCheck(
      [
        [1, 2],
        [2, 4],
      ],
      [3, 2],
    );
    expect(ok).toBe(false);
    expect(vertical).toMatchObject({
      rates: [1, 2],
      kernelSize: 3,
      coverage: { ok: true, receptiveField: 7 },
    });
    expect(horizontal).toMatchObject({ rates: [2, 4], kernelSize: 2, coverage: { ok: false, covered: 4 } });
    expect(reason).toBe(
      'vertically, all 7 positions of the field are read; horizontally, 4 of 7 positions of the field are read: [2, 4] has M_2 = 4, more than the kernel size 2 and [2, 4] has the common factor 2',
    );
  });

  test('no rule against it and yet holes', () => {
    const { ok, reason } = hdcCheck([2, 2, 3]);
    expect(ok).toBe(false);
    expect(reason).toContain('although the recursion and the common factors have nothing against it');
  });

  test('of the 1000 triples the recursion accepts 143 with holes, 119 with common factors, and refuses 38 without', () => {
    const table = triples.map((rates) => ({
      rates,
      recursion: hdcDistances(rates)[1]! <= 3,
      factors: commonFactor(rates) === 1,
      whole: positions(rates, 3).size === field(rates, 3),
    }));
    expect(table.filter(({ recursion, whole }) => recursion && !whole).length).toBe(143);
    expect(table.filter(({ recursion, factors, whole }) => recursion && factors && !whole).length).toBe(119);
    expect(table.filter(({ recursion, whole }) => !recursion && whole).length).toBe(38);
    const rising = table.filter(({ rates: [a, b, c] }) => a === 1 && b! >= 1 && c! >= b!);
    expect(rising.length).toBe(55);
    expect(rising.every(({ recursion, whole }) => recursion === whole)).toBe(true);
  });

  test('of the 1000 triples its verdict is that of a plain count', () => {
    let rising = 0;
    for (const rates of triples) {
      const { ok, vertical } = hdcCheck(rates, 3);
      const read = positions(rates, 3);
      expect(vertical.coverage.receptiveField).toBe(field(rates, 3));
      expect(vertical.coverage.covered).toBe(read.size);
      expect(ok).toBe(read.size === field(rates, 3));
      expect(vertical.coverage.paths.reduce((total, count) => total + count)).toBe(27);
      const single = vertical.groups.length === 1;
      if (single && rates[0] === 1) {
        rising++;
        expect(vertical.groups[0]!.recursion.ok).toBe(ok);
      }
    }
    expect(rising).toBe(55);
  });

  test.each<[readonly number[], number, string]>([
    [[], 3, 'hdcCheck: there must be at least one rate'],
    [
      [1, 0],
      3,
      'hdcCheck: rate must be a whole number from 1 up, or a pair [vertical, horizontal] of them, not 0',
    ],
    [[1, 2.5], 3, 'not 2.5'],
    [[1], 0, 'hdcCheck: kernelSize must be a whole number from 1 up'],
    [[1, 500_000], 3, 'hdcCheck: rates [1, 500000] with kernel 3 have a field of 1000003, more than 1000000'],
  ])('%o with kernel %i is refused', (rates, kernelSize, message) => {
    expect(() => hdcCheck(rates, kernelSize)).toThrow(OptionError);
    expect(() => hdcCheck(rates, kernelSize)).toThrow(message);
  });

  test.each([[[1, 2, 5]], [[2, 2, 2]], [[1, 2, 9]], [[[1, 3] as const, [2, 1] as const]]])(
    'what it says of %o is what the layers do',
    async (rates) => {
      const { vertical, horizontal } = hdcCheck(rates);
      const [height, width] = [vertical.coverage.receptiveField, horizontal.coverage.receptiveField];
      const gradient = await scope(() => {
        const stack = onDevice(
          reference,
          () => new DilatedStack(1, 1, rates, { norm: false, activation: false, bias: false }),
        );
        for (const weight of stack.parameters()) initialise(weight, () => new Float32Array(9).fill(1));
        const x = tensor(new Float32Array(height * width), [1, height, width, 1], {
          device: reference,
          requiresGrad: true,
        });
        const middle = (side: number) => ({ start: (side - 1) / 2, end: (side + 1) / 2 });
        const row = slice(stack.forward(x), { axis: 1, ...middle(height) });
        sum(slice(row, { axis: 2, ...middle(width) })).backward();
        const read = x.grad!.data();
        stack.dispose();
        return { read };
      }).read;
      // Each weight being 1, the gradient counts the paths.
      expect([...gradient]).toEqual(
        vertical.coverage.paths.flatMap((down) => horizontal.coverage.paths.map((right) => down * right)),
      );
    },
  );
});

describe('hdcDesign', () => {
  test('finds the published rates', () => {
    expect(hdcDesign({ kernelSize: 3, layers: 3, receptiveField: 17 })).toEqual([1, 2, 5]);
    // The squares of the path counts add to 61, those of [1, 2, 3] to 65.
    expect(hdcDesign({ layers: 3, receptiveField: 13 })).toEqual([1, 1, 4]);
    expect(hdcDesign({ layers: 2, receptiveField: 5 })).toEqual([1, 1]);
    expect(hdcDesign({ layers: 3, receptiveField: 27 })).toEqual([1, 3, 9]);
    expect(hdcDesign({ kernelSize: 1, layers: 2, receptiveField: 1 })).toEqual([1, 1]);
  });

  test.each([
    [3, 1],
    [3, 2],
    [3, 3],
    [3, 4],
    [2, 4],
    [4, 3],
    [5, 2],
    [1, 2],
  ])('kernel %i, %i layers: every field, against all rates there are', (kernelSize, layers) => {
    const most = layers === 4 ? 41 : 34;
    const rates = Array.from({ length: layers }, () => 1);
    const solutions = new Map<number, { rates: number[]; squares: number }[]>();
    const visit = (layer: number) => {
      if (layer < layers) {
        for (rates[layer] = rates[layer - 1] ?? 1; rates[layer]! <= most; rates[layer]!++) visit(layer + 1);
        return;
      }
      const size = field(rates, kernelSize);
      if (size > kernelSize ** layers || positions(rates, kernelSize).size !== size) return;
      const { paths } = hdcCheck(rates, kernelSize).vertical.coverage;
      const squares = paths.reduce((total, count) => total + count * count, 0);
      solutions.set(size, [...(solutions.get(size) ?? []), { rates: [...rates], squares }]);
    };
    visit(0);
    const possible = [...solutions.keys()].sort((a, b) => a - b);
    expect(possible.at(-1)).toBe(kernelSize ** layers);
    for (let receptiveField = 1; receptiveField <= kernelSize ** layers + 3; receptiveField++) {
      const design = () => hdcDesign({ kernelSize, layers, receptiveField });
      const found = solutions.get(receptiveField);
      if (found === undefined) {
        const nearest = possible.reduce((best, size) =>
          Math.abs(size - receptiveField) <= Math.abs(best - receptiveField) ? size : best,
        );
        expect(design).toThrow(OptionError);
        expect(design).toThrow(
          `hdcDesign: ${layers} layers with kernel ${kernelSize} have no receptive field of ${receptiveField} without holes; the nearest possible is ${nearest}`,
        );
        continue;
      }
      const least = Math.min(...found.map(({ squares }) => squares));
      const best = found.filter(({ squares }) => squares === least);
      const smallest = Math.min(...best.map(({ rates }) => rates.at(-1)!));
      expect(best.filter(({ rates }) => rates.at(-1) === smallest).map(({ rates }) => rates)).toContainEqual(
        design(),
      );
    }
  });

  test('never returns a set with a hole, and the field that an error names is possible', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 300 }),
        (kernelSize, layers, receptiveField) => {
          const design = (size: number) => {
            const rates = hdcDesign({ kernelSize, layers, receptiveField: size }) as readonly number[];
            expect(rates.length).toBe(layers);
            expect(rates).toEqual([...rates].sort((a, b) => a - b));
            expect(field(rates, kernelSize)).toBe(size);
            expect(positions(rates, kernelSize).size).toBe(size);
          };
          try {
            design(receptiveField);
          } catch (error) {
            expect(error).toBeInstanceOf(OptionError);
            design((error as OptionError).details.expected as number);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  test('designs each axis for itself', () => {
    const rates = hdcDesign({ kernelSize: [3, 5], layers: 2, receptiveField: [9, 13] });
    expect(rates).toEqual([
      [1, 1],
      [3, 2],
    ]);
    expect(hdcCheck(rates, [3, 5])).toMatchObject({
      ok: true,
      vertical: { coverage: { receptiveField: 9 } },
      horizontal: { coverage: { receptiveField: 13 } },
    });
    expect(hdcDesign({ layers: 3, receptiveField: [17, 17] })).toEqual([1, 2, 5]);
  });

  test.each<[Parameters<typeof hdcDesign>[0], string]>([
    [{ layers: 0, receptiveField: 3 }, 'hdcDesign: layers must be a whole number from 1 up, not 0'],
    [{ layers: 101, receptiveField: 301 }, 'hdcDesign: layers must be at most 100, not 101'],
    [{ layers: 3, receptiveField: 0 }, 'hdcDesign: receptiveField must be a whole number from 1 up'],
    [{ layers: 30, receptiveField: 2_000_001 }, 'hdcDesign: receptiveField must be at most 1000000'],
    [{ layers: 3, receptiveField: 16 }, 'the nearest possible is 17'],
    [{ layers: 3, receptiveField: 99 }, 'the nearest possible is 27'],
    [{ layers: 3, receptiveField: [17, 5] }, '3 layers with kernel 3 have no receptive field of 5'],
  ])('%o is refused', (options, message) => {
    expect(() => hdcDesign(options)).toThrow(OptionError);
    expect(() => hdcDesign(options)).toThrow(message);
  });

  test('its rates make a stack of the field that was asked for', () => {
    const stack = onDevice(
      reference,
      () => new DilatedStack(2, 4, hdcDesign({ layers: 4, receptiveField: 33 })),
    );
    expect(stack.parameters().length).toBe(12);
    stack.dispose();
  });
});
