/** Operators that users define: values, gradients, memory, and what is said about mistakes. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  add,
  argmax,
  cost,
  defineOperator,
  full,
  Module,
  matmul,
  mul,
  noGrad,
  OptionError,
  reshape,
  ShapeError,
  StateError,
  scope,
  sum,
  type Tensor,
  tensor,
} from 'tenfold';
import { describe, expect, test } from 'vitest';
import { devices, meta, onDevice } from './devices.js';

const cube = defineOperator({
  name: 'cube',
  forward: (x: Tensor) => mul(x, mul(x, x)),
  backward: ({ inputs: [x], gradient }) => [mul(gradient, mul(full([], 3), mul(x, x)))],
});

/** weight * x + bias, with a gradient for each that is wanted, and the options that backward saw. */
const seen: unknown[] = [];
const affine = defineOperator({
  name: 'affine',
  forward: (x: Tensor, weight: Tensor, bias?: Tensor, options?: { readonly times: number }) => {
    const y = mul(mul(x, weight), full([], options?.times ?? 1));
    return bias === undefined ? y : add(y, bias);
  },
  backward: ({ inputs: [x, weight, bias], gradient, options, wanted }) => {
    seen.push({ times: options?.times, wanted });
    const scaled = mul(gradient, full([], options?.times ?? 1));
    return [
      wanted[0] ? mul(scaled, weight) : undefined,
      wanted[1] ? mul(scaled, x) : undefined,
      bias && gradient,
    ];
  },
});

const reverseGradient = defineOperator({
  name: 'reverseGradient',
  forward: (x: Tensor, _factor: number) => x,
  backward: ({ gradient, options }) => [mul(gradient, full([], -options))],
});

describe.each(devices)('$name', (device) => {
  const leaf = (values: readonly number[], shape: readonly number[] = [values.length]) =>
    tensor(values, shape, { device, requiresGrad: true });
  const constant = (values: readonly number[], shape: readonly number[] = [values.length]) =>
    tensor(values, shape, { device });
  const values = async (x: Tensor) => [...(await x.data())];

  /** Runs `body` and says whether all that it made is freed. */
  function leaves(body: () => void): object {
    const before = device.usage();
    scope(body);
    const after = device.usage();
    return { bytes: after.bytes - before.bytes, tensors: after.tensors - before.tensors };
  }
  const nothing = { bytes: 0, tensors: 0 };

  test('a cube: its value, its gradient, on the device of its input, and nothing else in memory', async () => {
    const x = leaf([1, -2, 3]);
    expect(
      leaves(() => {
        const y = cube(x);
        expect(y.device).toBe(device);
        sum(mul(y, constant([1, 10, 100]))).backward();
        expect([...y.dataSync()]).toEqual([1, -8, 27]);
        expect([...x.grad!.dataSync()]).toEqual([3, 120, 2700]);
        x.zeroGrad();
      }),
    ).toEqual(nothing);
    x.dispose();
  });

  test('forward keeps its inputs and output alone, and backward gives them back', () => {
    const x = leaf([1, 2, 3]);
    const before = device.usage().tensors;
    const y = cube(x);
    expect(device.usage().tensors).toBe(before + 1);
    const loss = sum(y);
    loss.backward();
    for (const each of [y, loss, x]) each.dispose();
    expect(device.usage().tensors).toBe(before - 1);
  });

  test('several inputs, an optional one, and options', async () => {
    const [x, weight, bias] = [leaf([1, 2]), leaf([3, 4]), leaf([5, 6])];
    scope(() => {
      const y = affine(x!, weight!, bias!, { times: 2 });
      expect([...y.dataSync()]).toEqual([11, 22]);
      sum(y).backward();
    });
    expect(await values(x!.grad!)).toEqual([6, 8]);
    expect(await values(weight!.grad!)).toEqual([2, 4]);
    expect(await values(bias!.grad!)).toEqual([1, 1]);
    expect(seen.pop()).toEqual({ times: 2, wanted: [true, true, true] });

    const frozen = constant([10, 20]);
    x!.zeroGrad();
    scope(() => sum(affine(x!, frozen, undefined, { times: 3 })).backward());
    expect(await values(x!.grad!)).toEqual([30, 60]);
    expect(seen.pop()).toEqual({ times: 3, wanted: [true, false] });
    scope(() => sum(affine(x!, frozen)).backward());
    expect(seen.pop()).toEqual({ times: undefined, wanted: [true, false] });
    for (const each of [x, weight, bias, frozen]) each!.dispose();
  });

  test('an operator may return its input, and gradients of several uses add up', async () => {
    const x = leaf([1, 2]);
    const before = device.usage();
    const y = reverseGradient(x, 0.5);
    expect(device.usage()).toEqual(before);
    expect(y).not.toBe(x);
    y.dispose();
    expect(await values(x)).toEqual([1, 2]);
    scope(() => sum(add(reverseGradient(x, 2), reverseGradient(cube(x), 1))).backward());
    expect(await values(x.grad!)).toEqual([-5, -14]);
    x.dispose();
  });

  test('a gradient never shares memory with an input, an output or a constant', async () => {
    const outside = constant([7, 7]);
    const odd = defineOperator({
      name: 'odd',
      forward: (a: Tensor, _b: Tensor, _c: Tensor, _d: Tensor) => mul(a, a),
      backward: ({ inputs: [a], output }) => [a, output, outside, reshape(a, [2])],
    });
    const inputs = [leaf([1, 2]), leaf([0, 0]), leaf([0, 0]), leaf([0, 0])] as const;
    const leak = leaves(() => {
      sum(odd(...inputs)).backward();
      const gradients = inputs.map((input) => input.grad!);
      expect(gradients.map((gradient) => [...gradient.dataSync()])).toEqual([
        [1, 2],
        [1, 4],
        [7, 7],
        [1, 2],
      ]);
      const storages = [...gradients, ...inputs, outside].map(({ storage }) => storage);
      expect(new Set(storages).size).toBe(storages.length);
      for (const input of inputs) input.zeroGrad();
    });
    expect(leak).toEqual(nothing);
    for (const each of [...inputs, outside]) each.dispose();
  });

  test('without a gradient to carry there is no tape', () => {
    const x = leaf([1, 2]);
    scope(() => {
      expect(cube(constant([1, 2])).requiresGrad).toBe(false);
      expect(noGrad(() => cube(x)).requiresGrad).toBe(false);
      const where = defineOperator({
        name: 'where',
        forward: (a: Tensor) => argmax(a),
        backward: () => [undefined],
      });
      expect(where(x).requiresGrad).toBe(false);
      const still = defineOperator({
        name: 'still',
        forward: (a: Tensor) => mul(a, a),
        backward: () => [undefined],
      });
      sum(still(x)).backward();
      expect(x.grad).toBeUndefined();
    });
    x.dispose();
  });

  test('what changed in place after the forward pass is refused', () => {
    const x = leaf([1, 2]);
    scope(() => {
      const y = sum(cube(x));
      x.storage.version++;
      expect(() => y.backward()).toThrow(
        'backward: a tensor that cube needs for its gradient was changed in place',
      );
      expect(() => y.backward()).toThrow(StateError);
    });
    x.dispose();
  });

  test('an error in forward or backward comes through and leaves nothing behind', () => {
    const x = leaf([1, 2], [2, 1]);
    const failing = (where: string) =>
      defineOperator({
        name: 'failing',
        forward: (a: Tensor) => {
          const y = mul(a, a);
          if (where === 'forward') throw new RangeError('no');
          return y;
        },
        backward: ({ inputs: [a], gradient }) => {
          matmul(mul(gradient, a), full([2, 1], 1));
          return [];
        },
      });
    expect(leaves(() => expect(() => failing('forward')(x)).toThrow(RangeError))).toEqual(nothing);
    expect(
      leaves(() => {
        const y = sum(failing('backward')(x));
        expect(() => y.backward()).toThrow('matmul: [2, 1] and [2, 1] do not multiply');
      }),
    ).toEqual(nothing);
    x.dispose();
  });

  describe('mistakes', () => {
    const returning = (result: unknown) =>
      defineOperator({
        name: 'mine',
        forward: (a: Tensor, b: Tensor) => add(a, b),
        backward: () => result as Tensor[],
      });
    const make = (...shape: number[]) =>
      onDevice(device, () =>
        full(
          shape,
          shape.reduce((product, side) => product * side, 1),
        ),
      );

    test.each([
      [
        () => [make(2, 3)],
        'mine: backward returned 1 gradient for 2 inputs; give one for each, undefined where there is none',
      ],
      [
        () => [make(2, 3), make(2, 3), make(2, 3)],
        'mine: backward returned 3 gradients for 2 inputs; give one for each, undefined where there is none',
      ],
      [
        () => [make(2, 3), make(3)],
        'mine: backward returned a gradient of shape [3] for input 1 of shape [2, 3]',
      ],
      [
        () => [tensor(new Int32Array(6), [2, 3], { device }), undefined],
        'mine: backward returned one of int32 for input 0 of shape [2, 3]; a gradient is a float32 tensor or undefined',
      ],
      [
        () => [null, undefined],
        'mine: backward returned null for input 0 of shape [2, 3]; a gradient is a float32 tensor or undefined',
      ],
      [
        () => make(2, 3),
        'mine: backward must return a list with a gradient or undefined for each of 2 inputs, not a tensor',
      ],
      [
        async () => [],
        'mine: backward must return a list with a gradient or undefined for each of 2 inputs, not a Promise',
      ],
    ])('%#', (result, message) => {
      const [a, b] = [leaf([1, 2, 3, 4, 5, 6], [2, 3]), leaf([1, 2, 3, 4, 5, 6], [2, 3])];
      const leak = leaves(() => {
        const y = sum(returning(result())(a, b));
        expect(() => y.backward()).toThrow(ShapeError);
      });
      scope(() => expect(() => sum(returning(result())(a, b)).backward()).toThrow(message));
      expect(leak).toEqual(nothing);
      expect(a.grad).toBeUndefined();
      a.dispose();
      b.dispose();
    });

    test('an absent input has no gradient', () => {
      const x = leaf([1, 2]);
      const twoOfThree = defineOperator({
        name: 'mine',
        forward: (a: Tensor, _b: Tensor | undefined, c: Tensor) => add(a, c),
        backward: ({ gradient }) => [gradient, gradient, gradient],
      });
      scope(() =>
        expect(() => sum(twoOfThree(x, undefined, x)).backward()).toThrow(
          'mine: backward returned a gradient of shape [2] for input 1, which was not given',
        ),
      );
      x.dispose();
    });

    test.each([
      [[], 'the first argument is no tensor'],
      [[3], 'the first argument is no tensor'],
      [['x', 3, 4], '2 arguments are no tensors'],
      [['x', 3, 'x'], 'argument 1 is 3 but a tensor comes after it'],
      [['x', {}, 3], '2 arguments are no tensors'],
      [['x', ['x']], 'argument 1 is a list of tensors, to which no gradient could flow'],
    ])('arguments %j', (given, problem) => {
      const x = leaf([1]);
      const filled = (items: readonly unknown[]): unknown[] =>
        items.map((item) => (item === 'x' ? x : Array.isArray(item) ? filled(item) : item));
      const loose = cube as (...given: unknown[]) => Tensor;
      const call = () =>
        loose(...filled(problem.startsWith('2') && given.length === 2 ? [...given, 4] : given));
      expect(call).toThrow(OptionError);
      expect(call).toThrow(
        `cube: ${problem}; give one or more tensors first, then at most one argument of options`,
      );
      x.dispose();
    });

    test.each([
      [undefined, 'undefined'],
      [[1], 'a list'],
      [Promise.resolve(), 'a Promise'],
    ])('forward returns %s', (result, name) => {
      const x = leaf([1]);
      const wrong = defineOperator({
        name: 'wrong',
        forward: (_: Tensor) => result as unknown as Tensor,
        backward: () => [undefined],
      });
      expect(() => wrong(x)).toThrow(ShapeError);
      expect(() => wrong(x)).toThrow(`wrong: forward must return a tensor, not ${name}`);
      x.dispose();
    });
  });
});

test('on the meta device shapes flow through, and the operators inside are counted', () => {
  class Cube extends Module {
    forward(x: Tensor): Tensor {
      return cube(x);
    }
  }
  const { otherOperations, applications } = cost(() => new Cube(), [2, 3]);
  expect(otherOperations).toBe(12);
  expect(applications.map(({ operator }) => operator)).toEqual(['mul', 'mul']);
  scope(() => {
    const x = onDevice(meta, () => full([2, 3], 1, { requiresGrad: true }));
    sum(cube(x)).backward();
    expect(x.grad!.shape).toEqual([2, 3]);
    x.dispose();
  });
});

test('the example of docs/custom-operators.md is right in its types, runs, and prints what the page says', () => {
  const page = readFileSync(new URL('../docs/custom-operators.md', import.meta.url), 'utf8');
  const [, example] = /```ts\n(.*?)```/s.exec(page)!;
  const [, printed] = /```text\n(.*?)```/s.exec(page)!;
  const root = fileURLToPath(new URL('..', import.meta.url));
  const folder = mkdtempSync(join(root, 'test/.custom-operators-'));
  try {
    writeFileSync(join(folder, 'example.mts'), example!);
    const options = { encoding: 'utf8', cwd: root } as const;
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    const settings = ['--strict', '--target', 'es2022', '--module', 'nodenext', '--types', 'node'];
    const compiled = spawnSync(
      process.execPath,
      [compiler, ...settings, join(folder, 'example.mts')],
      options,
    );
    expect(compiled.stdout).toBe('');
    const { stdout, stderr } = spawnSync(process.execPath, [join(folder, 'example.mjs')], options);
    expect(stderr).toBe('');
    expect(stdout).toBe(printed);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
