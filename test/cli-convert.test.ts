/** tenfold convert: from files of PyTorch to safetensors, and to checkpoints that predict. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import {
  meta,
  models,
  onDevice,
  parseSafetensors,
  readCheckpoint,
  readTorchFile,
  writeSafetensors,
} from 'tenfold';
import { afterAll, describe, expect, test } from 'vitest';
import { readImage } from '../packages/cli/dist/data/index.js';
import { events, tenfold } from './cli.js';
import { rawTensors, torchFile } from './torch-safetensors.js';

const folder = mkdtempSync(join(tmpdir(), 'tenfold-convert-'));
afterAll(() => rmSync(folder, { recursive: true }));

const torch = (name: string) => fileURLToPath(new URL(`golden/torch-files/${name}`, import.meta.url));
const here = (name: string) => join(folder, name);

/** A file of PyTorch's with weights of this network. */
function weightsFor(model: string, options: object = {}): string {
  const network = onDevice(meta, () => models.create(model, options));
  const tensors = [...network.namedParameters(), ...network.namedBuffers()];
  const file = here(`${model}.torch.safetensors`);
  writeFileSync(
    file,
    torchFile(tensors.map(([name, { shape }]) => ({ name, shape, scale: 0.1, shift: 0.2 }))),
  );
  return file;
}

describe('tenfold convert', () => {
  test('writes what a file of PyTorch holds, with its kinds', async () => {
    const out = here('state.safetensors');
    const { code, stdout, stderr } = await tenfold('convert', torch('state-dict.pth'), out);
    expect(code, stderr).toBe(0);
    expect(stdout).toBe(`${out}: 9 tensors, 86 numbers\n`);
    const bytes = new Uint8Array(readFileSync(out));
    expect([...parseSafetensors(bytes).tensors]).toEqual([
      ...(await readTorchFile(torch('state-dict.pth'))).tensors,
    ]);
    expect(rawTensors(bytes).get('bn.num_batches_tracked')!.dtype).toBe('I64');
  });

  test('takes off what DataParallel has wrapped around names, and leaves out what it is told to', async () => {
    const out = here('some.safetensors');
    const { code, stderr } = await tenfold('convert', torch('checkpoint.pth'), out, '--leave-out', 'bn.,fc.');
    expect(code, stderr).toBe(0);
    const { tensors } = parseSafetensors(new Uint8Array(readFileSync(out)));
    expect([...tensors.keys()]).toEqual(['conv.weight', 'conv.bias']);
  });

  test('with --model it writes a checkpoint that predicts', async () => {
    const [out, classes, picture] = [here('net.safetensors'), here('classes.json'), here('grey.png')];
    writeFileSync(classes, JSON.stringify(['cat', 'dog', 'owl']));
    const converted = await tenfold(
      ...['convert', weightsFor('squeezenet1_1', { numClasses: 3 }), out],
      ...['--model', 'squeezenet1_1', '--classes', classes],
    );
    expect(converted.code, converted.stderr).toBe(0);
    const { model, classNames, preprocessing } = await readCheckpoint(out);
    expect([model, classNames]).toEqual(['squeezenet1_1', ['cat', 'dog', 'owl']]);
    const { input, preprocessing: published } = models.find('squeezenet1_1');
    const { resize, mean, std } = published;
    expect(preprocessing).toEqual({ ...input, resize, mean, std });

    await sharp({ create: { width: 60, height: 40, channels: 3, background: 'grey' } }).toFile(picture);
    const predicted = await tenfold('predict', out, picture, '--json', '--threads', '1');
    expect(predicted.code, predicted.stderr).toBe(0);
    expect(predicted.stderr).toContain('until its shorter side has 256 pixels, its middle of 224 x 224 kept');
    const [event] = events(predicted.stdout) as unknown as [{ top: { class: string }[] }];
    expect(event.top.map((guess) => guess.class).sort()).toEqual(['cat', 'dog', 'owl']);
  });

  test('says which weights do not fit, and what it was called with', async () => {
    const refused = async (code: number, ...words: string[]) => {
      const result = await tenfold('convert', ...words);
      expect(result.code).toBe(code);
      return result.stderr;
    };
    const out = here('none.safetensors');
    expect(await refused(1, torch('state-dict.pth'), out, '--model', 'mnist_net')).toMatch(
      /^tenfold: these are not the weights of mnist_net: .* it lacks conv1\.weight/,
    );
    expect(await refused(1, torch('script.pt'), out)).toContain('this is a program of torch.jit.save');
    expect(await refused(2, torch('state-dict.pth'), out, '--classes', 'c.txt')).toContain(
      '--model says which',
    );
    const weights = here('weights.safetensors');
    await writeSafetensors(weights, []);
    expect(await refused(2, weights, out, '--state', 'model_ema')).toContain(
      '--state is for files of PyTorch',
    );
    const bad = here('bad.json');
    writeFileSync(bad, '[1, 2]');
    expect(
      await refused(1, torch('state-dict.pth'), out, '--model', 'mnist_net', '--classes', bad),
    ).toContain('bad.json is no list of class names: one a line, or a JSON array of strings');
  });
});

test('an image is scaled by its shorter side, and its middle cut out', async () => {
  // 12 columns of 4 rows: columns 5 and 6 are bright.
  const pixels = Uint8Array.from({ length: 48 }, (_, at) => (at % 12 === 5 || at % 12 === 6 ? 255 : 0));
  const file = here('columns.png');
  await sharp(pixels, { raw: { width: 12, height: 4, channels: 1 } })
    .resize(24, 8, { kernel: 'nearest' })
    .toFile(file);
  const { pixels: found, ...size } = await readImage(file, { channels: 1, size: 4, resize: 8 });
  expect(size).toEqual({ height: 4, width: 4 });
  expect([...found]).toEqual(new Array(16).fill(255));
});
