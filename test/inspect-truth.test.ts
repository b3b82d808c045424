/**
 * What `analysis` says of random networks, against what they do. Weights are positive and nothing saturates below zero, so
 * from an image of zeros a change of one element of the input changes every element of the output that a path leads to, and no other. All elements are
 * changed in turn: the images of a batch, one for each element, are 1 there and 0 elsewhere.
 */

import { analysis, initialise, mul, onDevice, scope, sum, type Tensor, tensor, uniform } from 'tenfold';
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
void mul;
void sum;
void (0 as unknown as Tensor);
