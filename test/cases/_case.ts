/** What a case table is made of. One table per operator, under the operator's own file name, in this folder. */

import { permutation, type TypedArray, uniform } from 'tenfold';
import type { Given, Tensors, Trial } from '../contract/trial.js';

export interface Input {
  readonly shape: readonly number[];
  /**
   * `even`: from -1 to 1. `positive`: from 0.5 to 1.5. `distinct`: no two within 0.001, none near 0, so that small
   * changes reorder nothing. `equal`: all 1. A range: even over it, none near a kink. A number of classes: labels.
   *
   * @default even
   */
  readonly values?: 'even' | 'positive' | 'distinct' | 'equal' | Range | { readonly classes: number };
  /** @default true, but for labels */
  readonly gradient?: boolean;
}

export interface Range {
  readonly from: number;
  readonly to: number;
  /** Where the derivative jumps. @default none */
  readonly kinks?: readonly number[];
}

export interface Case {
  readonly name: string;
  readonly inputs: Readonly<Record<string, Input>>;
  /** Applies the operator. */
  readonly apply: (inputs: Tensors) => ReturnType<Trial['apply']>;
  /** The shape of the result, the first if there are several. */
  readonly output: readonly number[];
  /** The shapes of further results. @default none */
  readonly others?: readonly (readonly number[])[];
  /** The inputs that are changed in place. @default none */
  readonly mutates?: readonly string[];
  /** Whether finite differences tell the derivative. @default true */
  readonly smooth?: boolean;
}

/** The case with its inputs drawn; the same numbers every time. */
export function trialOf(operator: string, { name, inputs, apply }: Case): Trial {
  const drawn: Record<string, Given> = {};
  for (const [inputName, input] of Object.entries(inputs)) {
    const data = draw(input, `${operator}, ${name}, ${inputName}`);
    drawn[inputName] = {
      shape: input.shape,
      data,
      gradient: input.gradient ?? data instanceof Float32Array,
    };
  }
  return {
    inputs: drawn,
    apply,
    outputGradient: (shape) => draw({ shape }, `${operator}, ${name}, output gradient`),
  };
}

function draw(input: Input & { readonly values?: 'even' }, purpose: string): Float32Array;
function draw(input: Input, purpose: string): TypedArray;
function draw({ shape, values = 'even' }: Input, purpose: string): TypedArray {
  const length = shape.reduce((product, side) => product * side, 1);
  const key = { seed: 1, purpose };
  if (typeof values === 'object' && 'from' in values) {
    const { from, to, kinks = [] } = values;
    return uniform(length, from, to, key).map((value) =>
      kinks.some((kink) => Math.abs(value - kink) < 1e-3) ? value + 4e-3 : value,
    );
  }
  if (typeof values === 'object') {
    return Int32Array.from(uniform(length, 0, values.classes, key), Math.floor);
  }
  switch (values) {
    case 'even':
      return uniform(length, -1, 1, key);
    case 'positive':
      return uniform(length, 0.5, 1.5, key);
    case 'equal':
      return new Float32Array(length).fill(1);
    case 'distinct': {
      const step = Math.max(2 / length, 1e-3);
      return Float32Array.from(
        permutation(length, key),
        (rank) => (rank - Math.floor(length / 2) + 0.5) * step,
      );
    }
  }
}
