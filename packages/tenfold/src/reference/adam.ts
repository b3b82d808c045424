import type { View } from './device.js';

export interface AdamRecord {
  readonly length: number;
  readonly beta1: number;
  readonly beta2: number;
  /** 1 - beta1 */
  readonly share1: number;
  /** 1 - beta2 */
  readonly share2: number;
  /** The learning rate, corrected for the mean's beginning at 0. */
  readonly stepSize: number;
  /** What corrects the root of the mean square for its beginning at 0. */
  readonly rootScale: number;
  readonly eps: number;
  /** As a part of the gradient. */
  readonly weightDecay: number;
  /** As a share of the parameter. */
  readonly decoupledDecay: number;
}

type AdamOperands = Readonly<Record<'parameter' | 'gradient' | 'mean' | 'meanSquare', View>>;

/** One step of Adam or AdamW. */
export function adam(record: AdamRecord, { parameter, gradient, mean, meanSquare }: AdamOperands): void {
  const { length, beta1, beta2, share1, share2, stepSize, rootScale, eps, weightDecay, decoupledDecay } =
    record;
  for (let i = 0; i < length; i++) {
    const before = parameter.values[i]!;
    const g = gradient.values[i]! + weightDecay * before;
    mean.values[i] = beta1 * mean.values[i]! + share1 * g;
    meanSquare.values[i] = beta2 * meanSquare.values[i]! + share2 * g * g;
    const step = (stepSize * mean.values[i]!) / (rootScale * Math.sqrt(meanSquare.values[i]!) + eps);
    parameter.values[i] = before - (decoupledDecay * before + step);
  }
}
