import type { DeformConv2dRecord } from '../ops/deform-conv2d.js';
import { type EpilogueOperand, finish } from './_epilogue.js';
import type { View } from './device.js';

/** One tap of one output position for one input channel: where it falls between the pixels. */
interface Sample {
  readonly position: number;
  readonly tap: number;
  readonly group: number;
  /** Index of the offset pair's first number is twice this; of the mask it is this. */
  readonly point: number;
  readonly channel: number;
  /** Index in x of each of the four pixels, -1 if outside, with its share and the derivatives of that share. */
  readonly corners: readonly {
    readonly index: number;
    readonly share: number;
    readonly down: number;
    readonly right: number;
  }[];
}

type Name =
  | 'x'
  | 'offset'
  | 'mask'
  | 'weight'
  | 'bias'
  | 'y'
  | 'gradient'
  | 'xGradient'
  | 'offsetGradient'
  | 'maskGradient'
  | 'weightGradient';
type DeformOperands = Readonly<Record<Name | EpilogueOperand, View>>;

function forEachSample(record: DeformConv2dRecord, offset: View, visit: (sample: Sample) => void): void {
  const { batch, inHeight, inWidth, inChannels, outHeight, outWidth, kernelHeight, kernelWidth } = record;
  const taps = kernelHeight * kernelWidth;
  for (let position = 0; position < batch * outHeight * outWidth; position++) {
    const n = Math.floor(position / (outHeight * outWidth));
    const i = Math.floor(position / outWidth) % outHeight;
    const j = position % outWidth;
    for (let tap = 0; tap < taps; tap++) {
      for (let channel = 0; channel < inChannels; channel++) {
        const offsetGroup = Math.floor((channel * record.offsetGroups) / inChannels);
        const point = position * record.offsetGroups * taps + offsetGroup * taps + tap;
        const v =
          i * record.strideHeight -
          record.paddingTop +
          Math.floor(tap / kernelWidth) * record.dilationHeight +
          offset.values[2 * point]!;
        const h =
          j * record.strideWidth -
          record.paddingLeft +
          (tap % kernelWidth) * record.dilationWidth +
          offset.values[2 * point + 1]!;
        const top = Math.floor(v);
        const left = Math.floor(h);
        const corners = [0, 1, 2, 3].map((corner) => {
          const row = top + (corner >> 1);
          const column = left + (corner & 1);
          const outside = row < 0 || row >= inHeight || column < 0 || column >= inWidth;
          const vertical = corner >> 1 ? v - top : 1 - (v - top);
          const horizontal = corner & 1 ? h - left : 1 - (h - left);
          return {
            index: outside ? -1 : ((n * inHeight + row) * inWidth + column) * inChannels + channel,
            share: vertical * horizontal,
            down: (corner >> 1 ? 1 : -1) * horizontal,
            right: (corner & 1 ? 1 : -1) * vertical,
          };
        });
        const group = Math.floor((channel * record.groups) / inChannels);
        visit({ position, tap, group, point, channel, corners });
      }
    }
  }
}

/** The sum over the pixels inside the image of x times `part` of the corner. */
function interpolate(x: View, { corners }: Sample, part: 'share' | 'down' | 'right'): number {
  let sum = 0;
  for (const corner of corners) if (corner.index >= 0) sum += x.values[corner.index]! * corner[part];
  return sum;
}

/** Visits every output channel that a sample goes to: the element indices of y and of the weight. */
function forEachOutput(
  record: DeformConv2dRecord,
  { position, tap, group, channel }: Sample,
  visit: (y: number, weight: number) => void,
): void {
  const { outChannels, groups, inChannels, kernelHeight, kernelWidth } = record;
  const outPerGroup = outChannels / groups;
  const inPerGroup = inChannels / groups;
  for (let o = group * outPerGroup; o < (group + 1) * outPerGroup; o++) {
    const weight = (o * inPerGroup + (channel % inPerGroup)) * kernelHeight * kernelWidth + tap;
    visit(position * outChannels + o, weight);
  }
}

export function deformConv2d(record: DeformConv2dRecord, operands: DeformOperands): void {
  const { x, offset, mask, weight, bias, y } = operands;
  y.values.forEach((_, index) => {
    y.values[index] = bias === undefined ? 0 : bias.values[index % record.outChannels]!;
  });
  forEachSample(record, offset, (sample) => {
    const value = interpolate(x, sample, 'share') * (mask === undefined ? 1 : mask.values[sample.point]!);
    forEachOutput(record, sample, (yIndex, weightIndex) => {
      y.values[yIndex]! += value * weight.values[weightIndex]!;
    });
  });
  finish(record, operands);
}

export function deformConv2dInputGradient(record: DeformConv2dRecord, operands: DeformOperands): void {
  const { x, offset, mask, weight, gradient, xGradient, offsetGradient, maskGradient } = operands;
  xGradient?.values.fill(0);
  offsetGradient?.values.fill(0);
  maskGradient?.values.fill(0);
  forEachSample(record, offset, (sample) => {
    const maskValue = mask === undefined ? 1 : mask.values[sample.point]!;
    let g = 0;
    forEachOutput(record, sample, (yIndex, weightIndex) => {
      g += gradient.values[yIndex]! * weight.values[weightIndex]!;
    });
    if (xGradient !== undefined) {
      for (const { index, share } of sample.corners) {
        if (index >= 0) xGradient.values[index]! += g * maskValue * share;
      }
    }
    if (offsetGradient !== undefined) {
      offsetGradient.values[2 * sample.point]! += g * maskValue * interpolate(x, sample, 'down');
      offsetGradient.values[2 * sample.point + 1]! += g * maskValue * interpolate(x, sample, 'right');
    }
    if (maskGradient !== undefined) {
      maskGradient.values[sample.point]! += g * interpolate(x, sample, 'share');
    }
  });
}

export function deformConv2dWeightGradient(record: DeformConv2dRecord, operands: DeformOperands): void {
  const { x, offset, mask, gradient, weightGradient } = operands;
  weightGradient.values.fill(0);
  forEachSample(record, offset, (sample) => {
    const value = interpolate(x, sample, 'share') * (mask === undefined ? 1 : mask.values[sample.point]!);
    forEachOutput(record, sample, (yIndex, weightIndex) => {
      weightGradient.values[weightIndex]! += gradient.values[yIndex]! * value;
    });
  });
}
