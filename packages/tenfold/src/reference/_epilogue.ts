/** What a convolution does to its results besides: see ops/_epilogue.ts. */

import type { EpilogueRecord } from '../ops/_epilogue.js';
import { activate } from './_activation.js';
import type { View } from './device.js';

export type EpilogueOperand = 'y' | 'normMean' | 'normFactor' | 'normBias' | 'residual';

/** Any operand but y may be missing. */
type EpilogueOperands = Readonly<Record<'y', View> & Partial<Record<EpilogueOperand, View>>>;

export function finish(
  { outChannels, activation }: EpilogueRecord & { readonly outChannels: number },
  { y, normMean, normFactor, normBias, residual }: EpilogueOperands,
): void {
  y.values.forEach((value, index) => {
    const c = index % outChannels;
    const centred = value - (normMean?.values[c] ?? 0);
    const normalised = centred * (normFactor?.values[c] ?? 1) + (normBias?.values[c] ?? 0);
    y.values[index] = normalised + (residual?.values[index] ?? 0);
  });
  activate(activation, y, y);
}
