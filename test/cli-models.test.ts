import { text } from 'node:stream/consumers';
import { models } from 'tenfold';
import { expect, test } from 'vitest';
import { launch, tenfold } from './cli.js';

test('tenfold models --json lists every network with its paper, its counts and where its weights can be had', async () => {
  const { code, stdout, stderr } = await tenfold('models', '--json');
  expect(code, stderr).toBe(0);
  const networks = JSON.parse(stdout) as { name: string }[];
  expect(networks.map(({ name }) => name)).toEqual(models.list().map(({ name }) => name));
  expect(networks.find(({ name }) => name === 'resnet50')).toEqual({
    name: 'resnet50',
    paper: 'He et al. 2016, Deep Residual Learning for Image Recognition',
    parameters: 25_557_032,
    multiplyAccumulates: 4_089_184_256,
    input: { height: 224, width: 224, channels: 3 },
    preprocessing: { resize: 256, crop: 224, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
    weights: 'torchvision ResNet50_Weights.IMAGENET1K_V1',
    options: { numClasses: 1000, inChannels: 3, width: 1, smallImages: false, strideInReduce: false },
  });
});

test('tenfold models shows a table in which each paper stands above its networks', async () => {
  const { code, stdout, stderr } = await tenfold('models');
  expect(code, stderr).toBe(0);
  const lines = stdout.split('\n');
  const paper = lines.indexOf('He et al. 2016, Deep Residual Learning for Image Recognition');
  const family = lines.slice(paper + 1, lines.indexOf('', paper));
  expect(family.every((line) => line.startsWith('  resnet'))).toBe(true);
  expect(family.join('\n')).toMatch(/^ {2}resnet18 +11,689,512 +1,814,073,344 +224x224x3 +torchvision$/m);
  const names = lines.flatMap((line) => /^ {2}(\w+) /.exec(line)?.slice(1) ?? []);
  expect(names.sort()).toEqual(
    models
      .list()
      .map(({ name }) => name)
      .sort(),
  );
  const rows = lines.filter((line) => /^ {2}/.test(line));
  expect(Math.max(...rows.map(({ length }) => length))).toBeLessThanOrEqual(80);
});

test('a reader that goes away is no error to talk about', async () => {
  const child = launch('models');
  child.stdout!.destroy();
  expect(await text(child.stderr!)).toBe('');
});
