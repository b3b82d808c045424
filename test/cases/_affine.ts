import type { Input } from './_case.js';

type AffineInput = 'weight' | 'bias';

export interface AffineInputs {
  /** Those that the normalisation does without. */
  readonly without?: readonly AffineInput[];
  /** The inputs that want no gradient. */
  readonly frozen?: readonly string[];
}

/** x, and the weight and bias of a normalisation. */
export function affineInputs(
  x: readonly number[],
  shape: readonly number[],
  { without = [], frozen = [] }: AffineInputs,
): Readonly<Record<string, Input>> {
  const inputs: Record<string, Input> = {
    x: { shape: x, gradient: !frozen.includes('x') },
    weight: { shape, values: 'positive', gradient: !frozen.includes('weight') },
    bias: { shape, gradient: !frozen.includes('bias') },
  };
  for (const name of without) delete inputs[name];
  return inputs;
}
