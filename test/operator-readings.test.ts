/** What operators declare about the channels and pixels of each input that they read, against where gradients go. */

import { mul, onDevice, scope, sum, type Tensor, tensor } from 'tenfold';
import { describe, expect, test } from 'vitest';
import { extents, positionsAt, readingOf } from '../packages/tenfold/dist/analysis/_taps.js';
import { channelCount } from '../packages/tenfold/dist/ops/_axes.js';
import { type Application, type Channels, observing } from '../packages/tenfold/dist/ops/_operator.js';
import { type Case, trialOf } from './cases/_case.js';
import { operatorName, tables } from './contract/tables.js';
import { firstAndOthers } from './contract/trial.js';
import { reference } from './devices.js';

/** The others choose among what they read, or their gradients may vanish. */
const readsAll = new Set(
  'conv2d convTranspose2d avgPool2d concat channelShuffle permute slice split flatten linear pad interpolate'.split(
    ' ',
  ),
);

interface Place {
  readonly pixel: number;
  readonly channel: number;
}

/** Pixel and channel of an element of the first image; what is no image is one pixel. */
function placeOf(index: number, shape: readonly number[]): Place & { readonly image: number } {
  const channels = channelCount(shape);
  const [height, width] = extents({ shape });
  const pixel = Math.floor(index / channels);
  const perImage = shape.length < 4 ? 1 : height * width;
  return { image: Math.floor(pixel / perImage), pixel: pixel % perImage, channel: index % channels };
}

/** Applies the operator and sends a gradient from the elements of the result that `chosen` picks. */
function gradients(operator: string, it: Case, chosen: (place: Place) => boolean) {
  const { inputs } = trialOf(operator, it);
  return onDevice(reference, () =>
    scope(() => {
      const tensors = Object.fromEntries(
        Object.entries(inputs).map(([name, { shape, data, gradient }]) => [
          name,
          tensor(data, shape, { requiresGrad: gradient }),
        ]),
      );
      let first: Application | undefined;
      const [y] = observing(
        (application) => (first ??= application),
        () => firstAndOthers(it.apply(tensors)),
      );
      if (first === undefined || y.dtype !== 'float32' || y !== first.output) return undefined;
      if (new Set(first.inputs).size < first.inputs.length) return undefined;
      const picked = Float32Array.from({ length: y.length }, (_, index) => {
        const { image, ...place } = placeOf(index, y.shape);
        return image === 0 && chosen(place) ? 1 + (index % 7) / 8 : 0;
      });
      sum(mul(y, tensor(picked, y.shape))).backward();
      const read = first.inputs.map((input: Tensor | undefined) =>
        input?.grad === undefined
          ? undefined
          : [...input.grad.dataSync().entries()].flatMap(([index, value]) =>
              value === 0 ? [] : [placeOf(index, input.shape)],
            ),
      );
      return {
        application: { ...first, shapes: first.inputs.map((input) => input?.shape), outShape: y.shape },
        read,
      };
    }),
  );
}

function sources(channels: Channels, channel: number, inChannels: number, outChannels: number): number[] {
  const all = Array.from({ length: inChannels }, (_, index) => index);
  switch (channels.kind) {
    case 'all':
      return all;
    case 'groups': {
      const group = Math.floor((channel * channels.groups) / outChannels);
      return all.filter((source) => Math.floor((source * channels.groups) / inChannels) === group);
    }
    case 'offset':
      return all.filter((source) => source === channel + channels.offset);
    default:
      return [...new Set(channels.list(channel))].sort((a, b) => a - b);
  }
}

const small = ({ inputs, output }: Case) =>
  output.length >= 2 &&
  output.every((side) => side > 0) &&
  Object.values(inputs).every(({ shape }) => {
    const length = shape.reduce((a, b) => a * b, 1);
    return length > 0 && length < 3000;
  });

describe.each(
  [...tables]
    .map(([file, cases]) => [file, cases.filter(small)] as const)
    .filter(([, cases]) => cases.length > 0),
)('%s', (file, cases) => {
  const operator = operatorName(file);

  test.each(cases)('$name', (it) => {
    const outChannels = channelCount(it.output);
    for (const channel of new Set([0, outChannels >> 1, outChannels - 1])) {
      const found = gradients(operator, it, (place) => place.channel === channel);
      found?.read.forEach((places, input) => {
        const { operator: described, record, shapes } = found.application;
        if (places === undefined || shapes[input]!.length < 2) return;
        const declaredAs = described.channels(record, input);
        const declared = sources(declaredAs, channel, channelCount(shapes[input]!), outChannels);
        const read = [...new Set(places.map((place) => place.channel))].sort((a, b) => a - b);
        const isExact = declaredAs.kind !== 'all' || shapes[input]!.length <= 4;
        if (readsAll.has(operator) && operator !== 'permute' && isExact && input === 0)
          expect(read, `channel ${channel}`).toEqual(declared);
        else expect(declared, `input ${input}, channel ${channel}`).toEqual(expect.arrayContaining(read));
      });
    }
    const [height, width] = extents({ shape: it.output });
    for (const [i, j] of [
      [0, 0],
      [height >> 1, width - 1],
    ] as const) {
      const found = gradients(operator, it, (place) => place.pixel === i * width + j);
      found?.read.forEach((places, input) => {
        const { operator: described, record, shapes, outShape } = found.application;
        if (places === undefined || shapes[input]!.length < 4) return;
        const shape = { shape: shapes[input]! };
        const reading = readingOf(described.field(record, input), shape, { shape: outShape });
        // Taps that the data move may fall anywhere.
        if (reading.everything || reading.moving) return;
        const [, inWidth] = extents(shape);
        const columns = positionsAt(reading.horizontal!, j);
        const declared = positionsAt(reading.vertical!, i).flatMap((row) =>
          columns.map((column) => row * inWidth + column),
        );
        expect(declared, `input ${input}, pixel [${i}, ${j}]`).toEqual(
          expect.arrayContaining([...new Set(places.map((place) => place.pixel))]),
        );
      });
    }
  });
});
