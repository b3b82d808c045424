/**
 * What `analysis` says of random networks, against what they do. Weights are positive and nothing saturates below zero, so
 * from an image of zeros a change of one element of the input changes every element of the output that a path leads to, and no other. All elements are
 * changed in turn: the images of a batch, one for each element, are 1 there and 0 elsewhere.
 */

import { analysis, initialise, type Module, nn, onDevice, scope, slice, sum, tensor, uniform } from 'tenfold';
import { reference } from 'tenfold/reference';
import { describe, expect, test } from 'vitest';
import { RandomNetwork, type RandomNetworkOptions } from './random-network.js';

function build(seed: number, kinds: RandomNetworkOptions, weights: 'positive' | 'ones') {
  return onDevice(reference, () => {
    const network = new RandomNetwork(seed, kinds);
    network.parameters().forEach((weight, index) => {
      const values = uniform(weight.length, 0.5, 1.5, { seed, purpose: `weight ${index}` });
      initialise(weight, () => (weights === 'ones' ? values.fill(1) : values));
    });
    return network.eval();
  });
}

/** The responses of all outputs to each element of the input: [input elements, H', W', C']. */
function responses(network: RandomNetwork) {
  const [height, width, channels] = network.inputShape;
  const elements = height * width * channels;
  const identity = new Float32Array(elements * elements);
  for (let element = 0; element < elements; element++) identity[element * (elements + 1)] = 1;
  return onDevice(reference, () =>
    scope(() => {
      const y = network.forward(tensor(identity, [elements, height, width, channels]));
      const [, outHeight, outWidth, outChannels] = y.shape as [number, number, number, number];
      const data = y.dataSync();
      const at = (row: number, column: number, channel: number, i: number, j: number, c: number) => {
        const element = (row * width + column) * channels + channel;
        return data[((element * outHeight + i) * outWidth + j) * outChannels + c]!;
      };
      return { at, outHeight, outWidth, outChannels };
    }),
  );
}

const range = (length: number) => Array.from({ length }, (_, index) => index);
const pairs = (rows: number, columns: number) =>
  range(rows).flatMap((y) => range(columns).map((x) => [y, x] as const));

const seeds = range(300);
const described = (network: RandomNetwork, seed: number) => `${seed}: ${network.steps.join(', ')}`;

describe('300 random networks', () => {
  const kinds = new Set<string>();
  const batches = range(10).map((batch) => seeds.filter((seed) => seed % 10 === batch));

  test.each(batches.map((batch, index) => [index, batch] as const))(
    'coverage and channels, batch %i',
    (_, batch) => {
      for (const seed of batch) {
        const network = build(seed, {}, 'positive');
        const [height, width, channels] = network.inputShape;
        const traced = analysis.trace(() => new RandomNetwork(seed), [1, height, width, channels]);
        const fields = analysis.receptiveFields(traced);
        const { at, outHeight, outWidth, outChannels } = responses(network);
        const name = described(network, seed);
        for (const step of network.steps) kinds.add(step);
        expect(traced.output.shape, name).toEqual([1, outHeight, outWidth, outChannels]);
        const connected = new Set<string>();
        for (const [i, j] of pairs(outHeight, outWidth)) {
          const reached: string[] = [];
          for (const [row, column] of pairs(height, width)) {
            let any = false;
            for (const channel of range(channels)) {
              for (const c of range(outChannels)) {
                if (at(row, column, channel, i, j, c) === 0) continue;
                any = true;
                connected.add(`${channel} ${c}`);
              }
            }
            if (any) reached.push(`${row} ${column}`);
          }
          const coverage = analysis.coverageOfPixel(traced, fields, traced.output, [i, j]);
          const predicted = pairs(height, width).flatMap(([row, column]) =>
            coverage?.counts.has(row, column) ? [`${row} ${column}`] : [],
          );
          expect(predicted, `${name}: coverage of [${i}, ${j}]`).toEqual(reached);
          const box = fields.boxAt(traced.output, i, j);
          const outside = reached.filter((pixel) => {
            const [row, column] = pixel.split(' ').map(Number) as [number, number];
            return (
              box === undefined ||
              row < box.top ||
              row > box.bottom ||
              column < box.left ||
              column > box.right
            );
          });
          expect(outside, `${name}: field of [${i}, ${j}]`).toEqual([]);
        }
        const { reaches } = analysis.connectivity(traced);
        const predicted = range(channels).flatMap((channel) =>
          range(outChannels).flatMap((c) => (reaches(channel, c) ? [`${channel} ${c}`] : [])),
        );
        expect(predicted.sort(), `${name}: channels`).toEqual([...connected].sort());
        network.dispose();
      }
    },
  );
  test('have everything that networks may have', () => {
    expect([...kinds].sort()).toEqual([
      'branches',
      'conv',
      'crop',
      'cross',
      'grow',
      'pool',
      'shuffle',
      'skip',
      'slice',
      'split',
      'strided',
      'transposed',
    ]);
  });
});

/** The gradient of output pixel [i, j], all its channels together, with respect to each input pixel. */
function gradientOf(network: Module, side: number, channels: number, [i, j]: readonly [number, number]) {
  return onDevice(reference, () =>
    scope(() => {
      const x = tensor(new Float32Array(side * side * channels).fill(1), [1, side, side, channels], {
        requiresGrad: true,
      });
      const row = slice(network.forward(x), { axis: 1, start: i, end: i + 1 });
      sum(slice(row, { axis: 2, start: j, end: j + 1 })).backward();
      return x.grad?.dataSync() ?? new Float32Array(x.length);
    }),
  );
}

/**
 * Far from the borders the sizes that are given for images without borders are the true ones. The networks being linear
 * there with positive weights, an element has a gradient above 0 if a change of it changes the output, and else 0.
 */
test('the field in the middle of an image is the hull of what is read', () => {
  const side = 36;
  let compared = 0;
  for (const seed of seeds.filter((seed) => seed % 2 === 0)) {
    const network = build(seed, { maxima: false }, 'positive');
    const [, , channels] = network.inputShape;
    const traced = analysis.trace(
      () => new RandomNetwork(seed, { maxima: false }),
      [1, side, side, channels],
    );
    const fields = analysis.receptiveFields(traced);
    const [, outHeight, outWidth] = traced.output.shape as [number, number, number, number];
    const pixel = [outHeight >> 1, outWidth >> 1] as const;
    const box = fields.boxAt(traced.output, ...pixel);
    if (box === undefined || box.top < 3 || box.left < 3 || box.bottom > side - 4 || box.right > side - 4)
      continue;
    const gradient = gradientOf(network, side, channels, pixel);
    const read = pairs(side, side).filter(([row, column]) =>
      gradient
        .subarray((row * side + column) * channels, (row * side + column + 1) * channels)
        .some((value) => value > 0),
    );
    const [rows, columns] = [read.map(([row]) => row), read.map(([, column]) => column)];
    const hull = {
      top: Math.min(...rows),
      bottom: Math.max(...rows),
      left: Math.min(...columns),
      right: Math.max(...columns),
    };
    expect(hull, described(network, seed)).toEqual(box);
    const size = fields.fields[traced.output.index]!;
    expect(size.height! >= box.bottom - box.top + 1 && size.width! >= box.right - box.left + 1).toBe(true);
    compared++;
    network.dispose();
  }
  expect(compared).toBeGreaterThan(100);
});

test('the number of paths is what a linear network of ones answers', () => {
  let largest = 0;
  for (const seed of range(60)) {
    const network = build(seed, { countable: true }, 'ones');
    const [height, width, channels] = network.inputShape;
    const traced = analysis.trace(
      () => new RandomNetwork(seed, { countable: true }),
      [1, height, width, channels],
    );
    const fields = analysis.receptiveFields(traced);
    const { at, outHeight, outWidth } = responses(network);
    for (const [i, j] of pairs(outHeight, outWidth)) {
      const counts = analysis.coverageOfPixel(traced, fields, traced.output, [i, j])?.counts;
      const counted = pairs(height, width).map(([row, column]) => counts?.at(row, column).mantissa ?? 0);
      const answered = pairs(height, width).map(([row, column]) => at(row, column, 0, i, j, 0));
      expect(counted, `${described(network, seed)}: [${i}, ${j}]`).toEqual(answered);
      largest = Math.max(largest, ...answered);
    }
    network.dispose();
  }
  expect(largest).toBeGreaterThan(8);
});

test('numbers of paths beyond float64 are those of whole-number arithmetic', () => {
  const layers = 700;
  const build = () =>
    new nn.Sequential(
      ...range(layers).map(() => new nn.Conv2d(1, 1, [1, 3], { padding: 'same', bias: false })),
    );
  const width = 2 * layers + 1;
  const traced = analysis.trace(build, [1, 1, width, 1]);
  const { counts } = analysis.coverageOfPixel(traced, analysis.receptiveFields(traced), traced.output, [
    0,
    layers,
  ])!;
  // The coefficients of (1 + x + x^2)^layers; the field just reaches to the borders.
  let exact = [1n];
  for (let layer = 0; layer < layers; layer++) {
    exact = range(exact.length + 2).map((place) =>
      [0, 1, 2].reduce((total, tap) => total + (exact[place - tap] ?? 0n), 0n),
    );
  }
  const digits = (value: bigint) => {
    const bits = value.toString(2).length;
    const kept = Math.max(0, bits - 60);
    return Math.log2(Number(value >> BigInt(kept))) + kept;
  };
  for (const column of [0, 1, 2, 100, layers - 1, layers, layers + 1, width - 1]) {
    expect(counts.log2(0, column) / Math.max(1, digits(exact[column]!))).toBeCloseTo(
      Math.sign(digits(exact[column]!)),
      12,
    );
  }
  expect(counts.log2(0, layers)).toBeGreaterThan(1023);
});
