import type { Conv2dRecord } from '../ops/conv2d.js';
import { type EpilogueOperand, finish } from './_epilogue.js';
import type { View } from './device.js';

/** Visits every product of the convolution: the element indices of output, input and weight that meet in it. */
function forEachProduct(record: Conv2dRecord, visit: (y: number, x: number, weight: number) => void): void {
  const { batch, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, groups } = record;
  const { kernelHeight, kernelWidth, strideHeight, strideWidth, dilationHeight, dilationWidth } = record;
  const inPerGroup = inChannels / groups;
  const outPerGroup = outChannels / groups;
  for (let n = 0; n < batch; n++) {
    for (let i = 0; i < outHeight; i++) {
      for (let j = 0; j < outWidth; j++) {
        for (let o = 0; o < outChannels; o++) {
          const group = Math.floor(o / outPerGroup);
          for (let r = 0; r < kernelHeight; r++) {
            for (let s = 0; s < kernelWidth; s++) {
              const row = i * strideHeight - record.paddingTop + r * dilationHeight;
              const column = j * strideWidth - record.paddingLeft + s * dilationWidth;
              if (row < 0 || row >= inHeight || column < 0 || column >= inWidth) continue;
              for (let c = 0; c < inPerGroup; c++) {
                visit(
                  ((n * outHeight + i) * outWidth + j) * outChannels + o,
                  ((n * inHeight + row) * inWidth + column) * inChannels + group * inPerGroup + c,
                  ((o * inPerGroup + c) * kernelHeight + r) * kernelWidth + s,
                );
              }
            }
          }
        }
      }
    }
  }
}

type Name = 'x' | 'weight' | 'bias' | 'y' | 'gradient' | 'xGradient' | 'weightGradient';
type Conv2dOperands = Readonly<Record<Name | EpilogueOperand, View>>;

export function conv2d(record: Conv2dRecord, operands: Conv2dOperands): void {
  const { x, weight, bias, y } = operands;
  y.values.fill(0);
  forEachProduct(record, (yIndex, xIndex, weightIndex) => {
    y.values[yIndex]! += x.values[xIndex]! * weight.values[weightIndex]!;
  });
  y.values.forEach((_, index) => {
    y.values[index]! += bias?.values[index % record.outChannels] ?? 0;
  });
  finish(record, operands);
}

export function conv2dInputGradient(
  record: Conv2dRecord,
  { gradient, weight, xGradient }: Conv2dOperands,
): void {
  xGradient.values.fill(0);
  forEachProduct(record, (yIndex, xIndex, weightIndex) => {
    xGradient.values[xIndex]! += gradient.values[yIndex]! * weight.values[weightIndex]!;
  });
}

export function conv2dWeightGradient(
  record: Conv2dRecord,
  { x, gradient, weightGradient }: Conv2dOperands,
): void {
  weightGradient.values.fill(0);
  forEachProduct(record, (yIndex, xIndex, weightIndex) => {
    weightGradient.values[weightIndex]! += gradient.values[yIndex]! * x.values[xIndex]!;
  });
}
