/** Every operator on every device, forward and backward, against the reference device. */

import * as tenfold from 'tenfold';
import { describe, expect, test } from 'vitest';
import { observing } from '../../packages/tenfold/dist/ops/_operator.js';
import { trialOf } from '../cases/_case.js';
import { devices, meta, reference, wasm } from '../devices.js';
import { expectClose } from './expect-close.js';
import { operatorFiles, operatorName, tables } from './tables.js';
import { outcome, perform } from './trial.js';

/**
 * Of the largest magnitude of each tensor. float32 rounds to 6e-8; sums of a thousand products in any order stray by up
 * to 2e-6, and interpolating convolutions (Winograd) by up to 5e-6. A wrong, missing or doubled product, even the last
 * of a thousand, is off by 1e-4 or more.
 */
const tolerance = 1e-5;

/** Operators whose result is a whole number. */
const withoutGradient = ['argmax'];

test('every operator has a case table, and every case table an operator', () => {
  expect([...tables.keys()].sort()).toEqual([...operatorFiles].sort());
});

describe.each([...tables])('%s', (file, cases) => {
  const operator = operatorName(file);

  test('is public and has cases with unique names', () => {
    expect(tenfold).toHaveProperty(operator, expect.any(Function));
    expect(cases.length).toBeGreaterThan(0);
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  });

  test('every float32 input has its gradient taken in some case', () => {
    const gradients = cases.flatMap((it) =>
      Object.entries(trialOf(operator, it).inputs).map(([name, { gradient }]) => [name, gradient] as const),
    );
    const differentiated = new Set(gradients.filter(([, gradient]) => gradient).map(([name]) => name));
    const constants = ['labels', 'runningMean', 'runningVar'];
    if (withoutGradient.includes(operator)) {
      expect([...differentiated]).toEqual([]);
      return;
    }
    const missing = gradients.map(([name]) => name).filter((name) => !differentiated.has(name));
    expect(missing.filter((name) => !constants.includes(name))).toEqual([]);
  });

  describe.each(cases)('$name', (it) => {
    const trial = trialOf(operator, it);
    const outcomes = new Map<tenfold.Device, ReturnType<typeof outcome>>();
    /** Computed once, by the first test that asks. */
    const outcomeOn = (device: tenfold.Device) => {
      if (!outcomes.has(device)) outcomes.set(device, outcome(device, trial));
      return outcomes.get(device)!;
    };

    test('applies the operator', () => {
      const applied: string[] = [];
      observing(
        ({ operator: { name } }) => applied.push(name),
        () => perform(meta, trial).dispose(),
      );
      expect(applied[0]).toBe(operator);
    });

    test('meta: shapes', () => {
      const { results, dispose } = perform(meta, trial);
      const shapes = Object.fromEntries(Object.entries(results).map(([name, { shape }]) => [name, shape]));
      dispose();
      const expected: Record<string, readonly number[]> = { y: it.output };
      it.others?.forEach((shape, index) => {
        expected[`y ${index + 1}`] = shape;
      });
      for (const [name, { shape, gradient }] of Object.entries(trial.inputs)) {
        expected[`${name} afterwards`] = shape;
        if (gradient) expected[`gradient(${name})`] = shape;
      }
      expect(shapes).toEqual(expected);
    });

    test.each(devices)('$name: shapes, untouched inputs, no leak', async (device) => {
      const before = device.usage();
      const found = await outcomeOn(device);
      expect(device.usage()).toEqual(before);
      expect(found.y!.shape).toEqual(it.output);
      it.others?.forEach((shape, index) => {
        expect(found[`y ${index + 1}`]!.shape).toEqual(shape);
      });
      for (const [name, { shape, data }] of Object.entries(trial.inputs)) {
        expect(found[`gradient(${name})`]?.shape ?? shape).toEqual(shape);
        if (it.mutates?.includes(name)) expect(found[`${name} afterwards`]!.data).not.toEqual(data);
        else expectClose(found[`${name} afterwards`]!.data, data, 0, `${name} afterwards`);
      }
    });

    test('wasm agrees with reference', async () => {
      const expected = await outcomeOn(reference);
      const found = await outcomeOn(wasm);
      expect(Object.keys(found)).toEqual(Object.keys(expected));
      for (const [name, { data }] of Object.entries(expected)) {
        expect(found[name]!.data.constructor).toBe(data.constructor);
        expectClose(found[name]!.data, data, tolerance, name);
      }
    });
  });
});
