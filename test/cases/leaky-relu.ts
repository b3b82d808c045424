import { leakyRelu } from 'tenfold';
import { elementwiseCases, optionCases } from './_elementwise.js';

const values = { from: -2, to: 2, kinks: [0] };

export const cases = [
  ...elementwiseCases((x) => leakyRelu(x), values),
  ...optionCases(
    {
      'slope 0.2': (x) => leakyRelu(x, { negativeSlope: 0.2 }),
      'slope 0': (x) => leakyRelu(x, { negativeSlope: 0 }),
      'a negative slope': (x) => leakyRelu(x, { negativeSlope: -0.5 }),
    },
    values,
  ),
];
