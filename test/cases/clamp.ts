import { clamp } from 'tenfold';
import { elementwiseCases, optionCases } from './_elementwise.js';

const values = { from: -2, to: 2, kinks: [-0.5, 0.75] };

export const cases = [
  ...elementwiseCases((x) => clamp(x, { min: -0.5, max: 0.75 }), values),
  ...optionCases(
    {
      'min alone': (x) => clamp(x, { min: -0.5 }),
      'max alone': (x) => clamp(x, { max: 0.75 }),
      'min above max': (x) => clamp(x, { min: 0.75, max: -0.5 }),
    },
    values,
  ),
];
