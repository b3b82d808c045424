/**
 * The effective receptive field: not what an output can see, but what it really depends on (Luo, Li, Urtasun and Zemel
 * 2016, "Understanding the Effective Receptive Field in Deep Convolutional Neural Networks"): the size of the gradient of
 * an output pixel in the middle with respect to each pixel of the input, averaged over inputs of noise. It depends on the
 * weights; those of a fresh network are random.
 */

import { currentDevice, onDevice } from '../device/current.js';
import type { Device } from '../device/device.js';
import { StateError } from '../errors.js';
import type { Module } from '../nn/module.js';
import { observing } from '../ops/_operator.js';
import { slice } from '../ops/slice.js';
import { sum } from '../ops/sum.js';
import { uniform } from '../tensor/random.js';
import { scope } from '../tensor/scope.js';
import { type Tensor, tensor } from '../tensor/tensor.js';
import { receptiveFields } from './receptive-field.js';
import { trace } from './trace.js';

export interface EffectiveReceptiveField {
  readonly height: number;
  readonly width: number;
  /** For each pixel of the image, row by row, the mean size of the gradient, the largest being 1. */
  readonly share: Float64Array;
  /** The side of a square of as many pixels as have more than 4.55 % of the largest. */
  readonly side: number;
}

export interface EffectiveReceptiveFieldOptions {
  /** How many images of noise. @default 4 */
  readonly samples?: number;
  /** Of the noise. @default 0 */
  readonly seed?: number;
}

/** What lies beyond two standard deviations of a normal distribution. */
const least = 1 - 0.9545;

/**
 * Measures the last feature map, on the current device.
 *
 * @param build Makes the model; it is built twice, once on the meta device.
 * @param inputShape [N, H, W, C]
 * @throws StateError if no convolutional path leads to a feature map, or nothing arrives from it.
 */
export async function effectiveReceptiveField(
  build: () => Module,
  [, height, width, channels]: readonly [number, number, number, number],
  { samples = 4, seed = 0 }: EffectiveReceptiveFieldOptions = {},
): Promise<EffectiveReceptiveField> {
  const traced = trace(build, [1, height, width, channels]);
  const { step } = receptiveFields(traced).featureMap;
  if (step === undefined) throw new StateError('effectiveReceptiveField: the network has no feature map');
  const device = currentDevice();
  const model = build().eval();
  const total = new Float64Array(height * width);
  for (let sample = 0; sample < samples; sample++) {
    const noise = uniform(height * width * channels, -1, 1, {
      seed,
      purpose: 'effective field',
      step: sample,
    });
    const gradient = await gradientOf(device, model, noise, [1, height, width, channels], step);
    for (let index = 0; index < gradient.length; index++) {
      total[Math.floor(index / channels)]! += Math.abs(gradient[index]!);
    }
  }
  model.dispose();
  const largest = total.reduce((most, value) => Math.max(most, value), 0);
  if (!(largest > 0)) throw new StateError('effectiveReceptiveField: no gradient arrives at the input');
  const share = total.map((value) => value / largest);
  const side = Math.sqrt(share.reduce((count, value) => count + (value > least ? 1 : 0), 0));
  return { height, width, share, side };
}

/** Of the middle of what the step with that index makes, all its channels together. */
async function gradientOf(
  device: Device,
  model: Module,
  values: Float32Array,
  shape: readonly number[],
  step: number,
): Promise<ArrayLike<number>> {
  const x = tensor(values, shape, { device, requiresGrad: true });
  scope(() => {
    let map: Tensor | undefined;
    let index = 0;
    observing(
      ({ output }) => {
        if (index++ === step) map = output;
      },
      () => onDevice(device, () => model.forward(x)),
    );
    const [, height, width] = map!.shape as [number, number, number];
    const row = slice(map!, { axis: 1, start: height >> 1, end: (height >> 1) + 1 });
    sum(slice(row, { axis: 2, start: width >> 1, end: (width >> 1) + 1 })).backward();
  });
  const gradient = await x.grad!.data();
  x.dispose();
  return gradient;
}
