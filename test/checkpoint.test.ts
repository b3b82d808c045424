import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Checkpoint,
  FormatError,
  models,
  openCheckpoint,
  predict,
  readCheckpoint,
  readSafetensors,
  type StoredTensor,
  start,
  stop,
  tensor,
  writeCheckpoint,
  writeSafetensors,
} from 'tenfold';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'tenfold-checkpoint-'));
beforeAll(async () => {
  await start({ threads: 1 });
});
afterAll(async () => {
  await stop();
  rmSync(folder, { recursive: true });
});

const options = { numClasses: 3, inChannels: 2, seed: 5 };

async function example(): Promise<Checkpoint> {
  const model = models.create('mnist_net', options);
  const weights = await model.stateDict();
  model.dispose();
  return {
    model: 'mnist_net',
    modelOptions: models.optionsOf('mnist_net', options),
    classNames: ['cat', 'dog "Rex"', 'Ähre'],
    preprocessing: { height: 10, width: 8, channels: 2, mean: [0.1, 0.2], std: [0.3, 0.4] },
    versions: { tenfold: '0.1.0' },
    training: { epoch: 3, loss: 0.1 + 0.2 },
    weights,
  };
}

const counter = (value: number): StoredTensor => ({
  dtype: 'int32',
  shape: [],
  data: Int32Array.of(value),
});

describe('a checkpoint', () => {
  test('comes back as it was, sections and all', async () => {
    const file = join(folder, 'whole.safetensors');
    const checkpoint = {
      ...(await example()),
      optimizer: new Map([['steps', counter(7)]]),
      average: new Map([['updates', counter(9)]]),
    };
    await writeCheckpoint(file, checkpoint);
    expect(await readCheckpoint(file)).toEqual(checkpoint);
    const { tensors } = await readSafetensors(file);
    expect([...tensors.keys()]).toEqual([...checkpoint.weights.keys(), 'optimizer/steps', 'average/updates']);
  });

  test('opens as a network that predicts, without knowing how it was made', async () => {
    const file = join(folder, 'open.safetensors');
    await writeCheckpoint(file, await example());
    const { model, modelName, classNames, training } = await openCheckpoint(file);
    expect([modelName, classNames[2], training]).toEqual([
      'mnist_net',
      'Ähre',
      { epoch: 3, loss: 0.1 + 0.2 },
    ]);
    expect(model.training).toBe(false);
    const original = models.create('mnist_net', options).eval();
    const images = Float32Array.from({ length: 160 }, (_, index) => index / 160);
    const [opened, expected] = [
      await predict(() => model.forward(tensor(images, [1, 10, 8, 2]))),
      await predict(() => original.forward(tensor(images, [1, 10, 8, 2]))),
    ];
    expect(opened.length).toBe(3);
    expect(opened).toEqual(expected);
  });

  test('opens with the averaged weights, if it has any', async () => {
    const file = join(folder, 'average.safetensors');
    const bias: StoredTensor = { dtype: 'float32', shape: [3], data: Float32Array.of(1, 2, 3) };
    const average = new Map([
      ['updates', counter(9)],
      ['average.fc.bias', bias],
    ]);
    await writeCheckpoint(file, { ...(await example()), average });
    const state = await (await openCheckpoint(file)).model.stateDict();
    expect(state.get('fc.bias')).toEqual(bias);
  });
});

describe('refused', () => {
  test('is a file of weights alone', async () => {
    const file = join(folder, 'weights.safetensors');
    await writeSafetensors(file, (await example()).weights);
    await expect(openCheckpoint(file)).rejects.toThrow(FormatError);
    await expect(openCheckpoint(file)).rejects.toThrow(
      `${file} is not a tenfold checkpoint: its metadata format is missing, but should be 'tenfold-checkpoint-1'; ` +
        'tenfold convert --model makes a checkpoint of weights',
    );
  });

  test.each<[string, Partial<Record<keyof Checkpoint, unknown>>, string]>([
    ['an unknown network', { model: 'mnist_nut' }, "there is no model 'mnist_nut'; the nearest name"],
    ['an unknown option', { modelOptions: { depth: 3 } }, "there is no option 'depth'"],
    ['options of another kind', { modelOptions: [] }, 'metadata modelOptions is [], but should be an object'],
    [
      'weights of another size',
      { modelOptions: { ...options, numClasses: 1_000_000_000 } },
      'fc.weight is float32 [3, 64] instead of float32 [1000000000, 64]',
    ],
    ['too few classes', { classNames: ['cat'] }, 'names 1 classes, but its network has 3'],
    ['a class without a name', { classNames: [1] }, 'classNames is [1], but should be a list of names'],
    [
      'an impossible size',
      { preprocessing: { height: 0, width: 8, channels: 1, mean: [0], std: [1] } },
      'preprocessing is {"height":0',
    ],
    [
      'a mean too few',
      { preprocessing: { height: 8, width: 8, channels: 2, mean: [0], std: [1, 1] } },
      'should be an image size and, for each channel, mean and std',
    ],
  ])('is %s', async (_, change, message) => {
    const file = join(folder, 'refused.safetensors');
    await writeCheckpoint(file, { ...(await example()), ...change } as Checkpoint);
    await expect(openCheckpoint(file)).rejects.toThrow(FormatError);
    await expect(openCheckpoint(file)).rejects.toThrow(message);
  });
});
