/** Finite differences of every operator, in the reference device's float64. */

import { noGrad, permutation, scope, type Tensor, uniform } from 'tenfold';
import { describe, expect, test } from 'vitest';
import { type Case, trialOf } from './cases/_case.js';
import { operatorName, tables } from './contract/tables.js';
import { firstAndOthers, perform } from './contract/trial.js';
import { onDevice, reference } from './devices.js';

/** Central differences err by step^2 times the third derivative, here below 1e-7, and rounding by less. */
const step = 1e-4;
const tolerance = 1e-6;
const samples = 6;

/** `data` would round to float32. */
function float64(tensor: Tensor): Float64Array {
  const values = tensor.storage.handle;
  if (!(values instanceof Float64Array))
    throw new Error('the reference device no longer computes in float64');
  return values;
}

/** The change of sum(y * gy) per unit that the input moves along `direction`. */
function slope(
  y: () => Float64Array,
  gy: Float32Array,
  input: Float64Array,
  direction: Float64Array,
): number {
  const start = input.slice();
  const moveTo = (distance: number) =>
    input.set(start.map((value, index) => value + distance * direction[index]!));
  moveTo(step);
  const ahead = y();
  moveTo(-step);
  const behind = y();
  input.set(start);
  return ahead.reduce((total, value, index) => total + (value - behind[index]!) * gy[index]!, 0) / (2 * step);
}

interface Probe {
  readonly name: string;
  readonly direction: Float64Array;
}

/** Some elements alone, and all of them at once in a random direction. */
function probes(length: number): Probe[] {
  const single = [...permutation(length, { seed: 1, purpose: 'elements' })].slice(0, samples);
  return [
    ...single.map((element) => ({
      name: `element ${element}`,
      direction: Float64Array.from({ length }, (_, index) => (index === element ? 1 : 0)),
    })),
    {
      name: 'a random direction',
      direction: Float64Array.from(uniform(length, -1, 1, { seed: 1, purpose: 'direction' })),
    },
  ];
}

function checkGradients(operator: string, it: Case): void {
  const trial = trialOf(operator, it);
  const { inputs, results, dispose } = perform(reference, trial);
  const gy = trial.outputGradient(results.y!.shape);
  const y = () =>
    onDevice(reference, () =>
      noGrad(() => scope(() => float64(firstAndOthers(trial.apply(inputs))[0]).slice())),
    );
  for (const [name, { gradient }] of Object.entries(trial.inputs)) {
    if (!gradient || inputs[name]!.length === 0) continue;
    const analytic = float64(results[`gradient(${name})`]!);
    for (const { name: probe, direction } of probes(analytic.length)) {
      const products = analytic.map((value, index) => value * direction[index]!);
      const expected = products.reduce((total, value) => total + value, 0);
      const numeric = slope(y, gy, float64(inputs[name]!), direction);
      const magnitude = Math.max(
        probe === 'a random direction' ? Math.hypot(...products) : 0,
        analytic.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0),
      );
      expect(
        Math.abs(numeric - expected),
        `gradient of ${name} along ${probe}: ${expected}, but finite differences give ${numeric}`,
      ).toBeLessThanOrEqual(tolerance * magnitude);
    }
  }
  dispose();
}

describe.each([...tables])('%s', (file, cases) => {
  test.each(cases.filter(({ smooth = true }) => smooth))('$name', (it) => {
    checkGradients(operatorName(file), it);
  });
});
