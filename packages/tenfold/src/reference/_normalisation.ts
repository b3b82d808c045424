/** What the kernels of normalisations read and write; weight and bias may be missing. */
export type NormalisationOperand =
  | 'x'
  | 'weight'
  | 'bias'
  | 'y'
  | 'mean'
  | 'inverseDeviation'
  | 'gradient'
  | 'xGradient'
  | 'weightGradient'
  | 'biasGradient';
