/** Files of torch.save, made by PyTorch itself (golden/torch-files/make.py), and broken ones. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { FormatError, parseTorchFile, readTorchFile, type StoredTensor } from 'tenfold';
import { describe, expect, test } from 'vitest';

const path = (name: string) => fileURLToPath(new URL(`golden/torch-files/${name}`, import.meta.url));
const bytesOf = (name: string) => new Uint8Array(readFileSync(path(name)));

/** first, first + 1/8, ... as make.py numbers the elements. */
function numbered(shape: readonly number[], first = 0): StoredTensor {
  const length = shape.reduce((product, side) => product * side, 1);
  return { dtype: 'float32', shape, data: Float32Array.from({ length }, (_, index) => first + index / 8) };
}

const filled = (value: number): StoredTensor => ({
  dtype: 'float32',
  shape: [3],
  data: new Float32Array(3).fill(value),
});

/** The state of make.py's network. */
const state: [string, StoredTensor][] = [
  ['conv.weight', numbered([3, 2, 3, 3], 0)],
  ['conv.bias', numbered([3], 1)],
  ['bn.weight', numbered([3], 2)],
  ['bn.bias', numbered([3], 3)],
  ['bn.running_mean', filled(0)],
  ['bn.running_var', filled(1)],
  ['bn.num_batches_tracked', { dtype: 'int32', shape: [], data: Int32Array.of(41), long: true }],
  ['fc.weight', numbered([4, 3], 4)],
  ['fc.bias', numbered([4], 5)],
];

describe('a file of torch.save', () => {
  test.each(['state-dict.pth', 'state-dict-legacy.pth'])('%s holds a state dict', async (name) => {
    expect([...(await readTorchFile(path(name))).tensors]).toEqual(state);
  });

  test('may hold it beside other things, none of which is run or read', async () => {
    const { tensors } = await readTorchFile(path('checkpoint.pth'));
    expect([...tensors.keys()]).toEqual(state.map(([name]) => `module.${name}`));
    expect(tensors.get('module.bn.num_batches_tracked')).toEqual(state[6]![1]);
  });

  test('may hold several, of which an option chooses one', () => {
    const bytes = bytesOf('two-states.pth');
    expect([...parseTorchFile(bytes, 'f', { state: 'model_ema' }).tensors]).toEqual(state);
    expect([...parseTorchFile(bytes).tensors]).toEqual(state);
    expect(() => parseTorchFile(bytes, 'f.pth', { state: 'ema' })).toThrow(
      'f.pth: it holds no state "ema", but model, model_ema',
    );
  });

  test('holds values of many kinds, and windows on storages', async () => {
    const { tensors } = await readTorchFile(path('kinds.pth'));
    const base = numbered([4, 6]).data;
    const of = (indices: number[]) => Float32Array.from(indices, (index) => base[index]!);
    expect([...tensors]).toEqual([
      ['half', numbered([2, 2])],
      ['bfloat16', numbered([2, 2])],
      ['long', { dtype: 'int32', shape: [2], data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1), long: true }],
      ['int', { dtype: 'int32', shape: [2], data: Int32Array.of(-1, 2) }],
      ['bool', { dtype: 'uint8', shape: [2], data: Uint8Array.of(1, 0) }],
      ['scalar', { dtype: 'float32', shape: [], data: Float32Array.of(2.5) }],
      ['empty', { dtype: 'float32', shape: [0, 3], data: new Float32Array(0) }],
      [
        'transposed',
        {
          dtype: 'float32',
          shape: [6, 4],
          data: of(Array.from({ length: 24 }, (_, index) => (index % 4) * 6 + Math.floor(index / 4))),
        },
      ],
      ['part', { dtype: 'float32', shape: [2, 3], data: of([8, 9, 10, 14, 15, 16]) }],
      ['parameter', numbered([2])],
    ]);
  });

  test('that holds code gives its tensors, and the code is not run', async () => {
    expect([...(await readTorchFile(path('code.pth'))).tensors]).toEqual([['weight', numbered([2])]]);
  });
});

describe('what cannot be read is refused', () => {
  test.each([
    ['double.pth', 'tensor "double": its values are F64; .float() before torch.save makes float32 of it'],
    [
      'expanded.pth',
      'tensor "expanded": its shape [1000,1000] with strides [0,0] reaches beyond its 1 values',
    ],
    ['whole-module.pth', 'it holds no dictionary of tensors by name; torch.save(module.state_dict(), file)'],
    ['script.pt', 'this is a program of torch.jit.save, not a state dict'],
    ['make.py', 'it is neither a zip archive nor a pickle, so not a file of torch.save; is it safetensors?'],
  ])('%s', async (name, message) => {
    const error = await readTorchFile(path(name)).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(FormatError);
    expect(String(error)).toContain(`${path(name)}: ${message}`);
  });

  test.each(['state-dict.pth', 'state-dict-legacy.pth', 'checkpoint.pth', 'kinds.pth'])(
    '%s with a few bytes changed, or cut short, gives a FormatError or tensors',
    (name) => {
      const whole = bytesOf(name);
      const place = fc.nat({ max: whole.length - 1 });
      fc.assert(
        fc.property(
          fc.array(fc.tuple(place, fc.nat({ max: 255 })), { maxLength: 4 }),
          fc.option(place),
          (changes, length) => {
            const bytes = whole.slice(0, length ?? whole.length);
            for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
            try {
              parseTorchFile(bytes);
            } catch (error) {
              if (!(error instanceof FormatError)) throw error;
            }
          },
        ),
        { numRuns: 1500 },
      );
    },
  );
});
