import type { View } from './device.js';

export interface RmspropRecord {
  readonly length: number;
  readonly lr: number;
  readonly alpha: number;
  /** 1 - alpha */
  readonly share: number;
  readonly eps: number;
  readonly momentum: number;
  readonly weightDecay: number;
}

/** There is no velocity without momentum. */
type RmspropOperands = Readonly<Record<'parameter' | 'gradient' | 'meanSquare' | 'velocity', View>>;

/** One step of RMSprop. */
export function rmsprop(
  { length, lr, alpha, share, eps, momentum, weightDecay }: RmspropRecord,
  { parameter, gradient, meanSquare, velocity }: RmspropOperands,
): void {
  for (let i = 0; i < length; i++) {
    const g = gradient.values[i]! + weightDecay * parameter.values[i]!;
    meanSquare.values[i] = alpha * meanSquare.values[i]! + share * g * g;
    let step = g / (Math.sqrt(meanSquare.values[i]!) + eps);
    if (velocity !== undefined) step = velocity.values[i] = momentum * velocity.values[i]! + step;
    parameter.values[i]! -= lr * step;
  }
}
