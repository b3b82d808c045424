/** The shapes that every elementwise operator of one input has to bear: beside, at and beyond lanes and blocks. */

import type { Tensor } from 'tenfold';
import type { Case, Input } from './_case.js';

/** @param values What to draw: all branches of the formula, and nothing where finite differences fail. */
export function elementwiseCases(
  operator: (x: Tensor) => Tensor,
  values: Input['values'] & object,
): readonly Case[] {
  return [
    { name: 'images', x: [2, 5, 7, 3] },
    { name: 'rows', x: [3, 11] },
    { name: 'a scalar', x: [] },
    { name: 'two elements', x: [2] },
    { name: 'three elements', x: [3] },
    { name: 'whole lanes', x: [2, 4] },
    { name: 'a batch of none', x: [0, 4, 5, 3] },
    { name: 'large', x: [3, 23, 30, 13] },
  ].map(({ name, x }) => ({
    name,
    inputs: { x: { shape: x, values } },
    apply: (inputs) => operator(inputs.x!),
    output: x,
  }));
}

/** The same operator with other options, on a shape that has lanes and a rest. */
export function optionCases(
  operators: Readonly<Record<string, (x: Tensor) => Tensor>>,
  values: Input['values'] & object,
): readonly Case[] {
  return Object.entries(operators).map(([name, operator]) => ({
    name,
    inputs: { x: { shape: [3, 11], values } },
    apply: (inputs) => operator(inputs.x!),
    output: [3, 11],
  }));
}
