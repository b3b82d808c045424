/** What operators declare about the pixels that they read, against the pixels that get a gradient. */

import { mul, onDevice, scope, sum, tensor } from 'tenfold';
import { describe, expect, test } from 'vitest';
import {
  type Application,
  type Field,
  observing,
  type WindowField,
} from '../packages/tenfold/dist/ops/_operator.js';
import { type Case, trialOf } from './cases/_case.js';
import { operatorName, tables } from './contract/tables.js';
import { firstAndOthers } from './contract/trial.js';
import { reference } from './devices.js';

/** The gradient goes to every pixel that these read; the others choose among them. */
const readsAll = [
  'conv2d',
  'convTranspose2d',
  'avgPool2d',
  'adaptiveAvgPool2d',
  'interpolate',
  'pad',
  'slice',
];

/** Positions in an axis of `size` that output `output` reads; a transposed convolution reads only whole ones. */
function positions(
  output: number,
  size: number,
  kernel: number,
  stride: number,
  padding: number,
  dilation: number,
) {
  return Array.from({ length: kernel }, (_, tap) => output * stride - padding + tap * dilation)
    .filter((position) => Math.abs(position - Math.round(position)) < 1e-9)
    .map(Math.round)
    .filter((position) => position >= 0 && position < size);
}

function declared(
  field: WindowField,
  [, height, width]: readonly number[],
  [i, j]: readonly [number, number],
): number[] {
  const { kernelHeight, strideHeight, dilationHeight, paddingTop } = field;
  const { kernelWidth, strideWidth, dilationWidth, paddingLeft } = field;
  const rows = positions(i, height!, kernelHeight, strideHeight, paddingTop, dilationHeight);
  const columns = positions(j, width!, kernelWidth, strideWidth, paddingLeft, dilationWidth);
  return rows.flatMap((row) => columns.map((column) => row * width! + column));
}

/** The pixels of image 0 that output pixel [i, j] of it sends a gradient to, and the declared field. */
function observed(operator: string, it: Case, [i, j]: readonly [number, number]) {
  const { inputs } = trialOf(operator, it);
  return onDevice(reference, () =>
    scope(() => {
      const tensors = Object.fromEntries(
        Object.entries(inputs).map(([name, { shape, data }]) => [
          name,
          tensor(data, shape, { requiresGrad: name === 'x' }),
        ]),
      );
      let first: Application | undefined;
      const y = observing(
        (application) => (first ??= application),
        () => firstAndOthers(it.apply(tensors))[0],
      );
      const [, , width, channels] = y.shape as [number, number, number, number];
      const chosen = new Float32Array(y.length);
      for (let c = 0; c < channels; c++) chosen[(i * width + j) * channels + c] = 1 + c / 7;
      sum(mul(y, tensor(chosen, y.shape))).backward();
      const gradient = tensors.x!.grad!.dataSync();
      const inChannels = inputs.x!.shape[3]!;
      const pixels = new Set<number>();
      gradient.forEach((value, index) => {
        if (value !== 0) pixels.add(Math.floor(index / inChannels));
      });
      return { pixels, field: first!.operator.field(first!.record, 0) as Field };
    }),
  );
}

const small = ({ inputs: { x }, output, smooth = true }: Case) =>
  smooth &&
  x?.shape.length === 4 &&
  x.shape[0]! > 0 &&
  x.shape.reduce((a, b) => a * b) < 5000 &&
  output[1]! > 0;

const windows = [...tables].flatMap(([file, cases]) =>
  readsAll.concat('maxPool2d').includes(operatorName(file)) ? [[file, cases.filter(small)] as const] : [],
);

describe.each(windows)('%s', (file, cases) => {
  test.each(cases)('$name', (it) => {
    const [, height, width] = it.output as [number, number, number, number];
    const corners = [0, height >> 1, height - 1].flatMap((i) =>
      [0, width >> 1, width - 1].map((j) => [i, j] as const),
    );
    for (const corner of corners) {
      const { pixels, field } = observed(operatorName(file), it, corner);
      if (field.kind !== 'window') continue;
      const expected = declared(field, it.inputs.x!.shape, corner);
      if (readsAll.includes(operatorName(file))) expect([...pixels].sort()).toEqual(expected.sort());
      else expect(expected).toEqual(expect.arrayContaining([...pixels]));
    }
  });
});
