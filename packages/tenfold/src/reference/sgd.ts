import type { View } from './device.js';

export interface SgdRecord {
  readonly length: number;
  readonly lr: number;
  readonly momentum: number;
  readonly weightDecay: number;
  /** 1 or 0. */
  readonly nesterov: number;
}

/** There is no velocity without momentum. */
type SgdOperands = Readonly<Record<'parameter' | 'gradient' | 'velocity', View>>;

/** One step of stochastic gradient descent, in PyTorch's form: the rate multiplies the velocity, not what enters it. */
export function sgd(
  { length, lr, momentum, weightDecay, nesterov }: SgdRecord,
  { parameter, gradient, velocity }: SgdOperands,
): void {
  for (let i = 0; i < length; i++) {
    let step = gradient.values[i]! + weightDecay * parameter.values[i]!;
    if (velocity !== undefined) {
      velocity.values[i] = momentum * velocity.values[i]! + step;
      step = nesterov ? step + momentum * velocity.values[i]! : velocity.values[i]!;
    }
    parameter.values[i]! -= lr * step;
  }
}
