import { meta, models, nn, OptionError, onDevice } from 'tenfold';
import { describe, expect, test } from 'vitest';

const onMeta = <Result>(body: () => Result) => onDevice(meta, body);
const names = models.list().map(({ name }) => name);

test('the registry lists networks in the order of their names', () => {
  expect(names).toContain('mnist_net');
  expect(names.indexOf('resnet18')).toBeLessThan(names.indexOf('resnet101'));
  expect(models.find('mnist_net')).toMatchObject({ input: { height: 28, width: 28, channels: 1 } });
});

describe.each(names)('%s', (name) => {
  const { input, paper, task } = models.find(name);

  test('has a name as torchvision writes them, and says where it comes from', () => {
    expect(name).toMatch(/^[a-z0-9]+(_[a-z0-9]+)*$/);
    expect(paper).not.toBe('');
  });

  test('says how images are prepared for it', () => {
    const { mean, std, crop, resize } = models.find(name).preprocessing;
    expect([mean.length, std.length]).toEqual([input.channels, input.channels]);
    if (crop !== undefined) expect([crop, crop]).toEqual([input.height, input.width]);
    if (resize !== undefined) expect(resize).toBeGreaterThanOrEqual(crop ?? input.height);
  });

  test('is built from options that JSON keeps as they are', () => {
    const options = models.optionsOf(name, { numClasses: 3, seed: 7 });
    expect(JSON.parse(JSON.stringify(options))).toEqual(options);
    expect(options).toMatchObject({ numClasses: 3, inChannels: input.channels, seed: 7 });
    const shapes = (module: nn.Module) => module.namedParameters().map(([key, { shape }]) => [key, shape]);
    const model = onMeta(() => models.create(name, options));
    expect(shapes(model)).toEqual(shapes(onMeta(() => models.create(name, { numClasses: 3 }))));
    if (task !== 'segmentation') expect(model.namedParameters().at(-1)![1].shape).toEqual([3]);
  });

  test('takes images of the size that it was made for', () => {
    const { height, width, channels } = input;
    const run = () => {
      const logits = models.create(name, { numClasses: 5 }).eval();
      return logits.forward(nn.buffer(() => new Float32Array(), [2, height, width, channels])).shape;
    };
    expect(onMeta(run)).toEqual(task === 'segmentation' ? [2, height, width, 5] : [2, 5]);
  });
});

describe('a mistake', () => {
  test.each([
    ['mnistnet', "models: there is no model 'mnistnet'; the nearest name"],
    ['MNIST-Net', 'mnist_net'],
    ['ResNet_18', 'nearest names are resnet18'],
  ])('in the name, %j, is answered with the nearest names', (name, message) => {
    expect(() => models.create(name)).toThrow(OptionError);
    expect(() => models.create(name)).toThrow(message);
  });

  test.each<[object, string]>([
    [
      { dropuot: 0.1 },
      "mnist_net: there is no option 'dropuot', the nearest is dropout (all: numClasses, inChannels, dropout, seed)",
    ],
    [{ numClasses: '3' }, 'mnist_net: numClasses must be a number such as 10, not "3"'],
    [{ dropout: 1 }, 'dropout: p must be at least 0 and below 1, not 1'],
    [{ seed: -1 }, 'the seed must be a whole number from 0 to 4294967295, not -1'],
  ])('in the options, %j, is refused', (options, message) => {
    expect(() => onMeta(() => models.create('mnist_net', options))).toThrow(OptionError);
    expect(() => onMeta(() => models.create('mnist_net', options))).toThrow(message);
  });
});

test('mnist_net has dropout only if asked', () => {
  const layers = (options: object) =>
    onMeta(() => models.create('mnist_net', options))
      .namedModules()
      .map(([name]) => name);
  expect(layers({})).not.toContain('dropout');
  expect(layers({ dropout: 0.5 })).toContain('dropout');
});
