/** The kernels that optimizers call, on every device, against the formulas written out. */

import { full, type Tensor, tensor, uniform } from 'tenfold';
import { describe, expect, test } from 'vitest';
import { devices, onDevice } from '../devices.js';
import { expectClose } from './expect-close.js';

/** One to three roundings of float32 per element, 6e-8 each; the sums of squares have more. */
const tolerance = 1e-6;

/** Below, at and beyond what vector lanes and threads work on at once. */
const lengths = [0, 1, 3, 4, 7, 257, 70_001];

function numbers(length: number, purpose: string): Float32Array {
  return uniform(length, -1, 1, { seed: 7, purpose });
}

async function readAll(...tensors: Tensor[]): Promise<Float32Array[]> {
  const data = await Promise.all(tensors.map((each) => each.data()));
  for (const each of tensors) each.dispose();
  return data as Float32Array[];
}

describe.each(devices)('$name', (device) => {
  describe.each(lengths)('%i elements', (length) => {
    const parameter = numbers(length, 'parameter');
    const gradient = numbers(length, 'gradient');
    const velocity = numbers(length, 'velocity');

    test.each([
      { lr: 0.1, momentum: 0.9, weightDecay: 0.01, nesterov: 0 },
      { lr: 0.05, momentum: 0.8, weightDecay: 0.1, nesterov: 1 },
      { lr: 0.3, momentum: 0.5, weightDecay: 0, nesterov: 0 },
    ])('sgd with momentum, $lr $momentum $weightDecay $nesterov', async (options) => {
      const { lr, momentum, weightDecay, nesterov } = options;
      const operands = onDevice(device, () => ({
        parameter: tensor(parameter),
        gradient: tensor(gradient),
        velocity: tensor(velocity),
      }));
      device.run('sgd', { length, ...options }, operands);
      const [moved, unchanged, faster] = await readAll(
        operands.parameter,
        operands.gradient,
        operands.velocity,
      );
      const steps = gradient.map((g, i) => g + weightDecay * parameter[i]!);
      const velocities = velocity.map((v, i) => momentum * v + steps[i]!);
      const applied = nesterov ? steps.map((step, i) => step + momentum * velocities[i]!) : velocities;
      expectClose(faster!, velocities, tolerance, 'velocity');
      expectClose(
        moved!,
        parameter.map((p, i) => p - lr * applied[i]!),
        tolerance,
        'parameter',
      );
      expectClose(unchanged!, gradient, 0, 'gradient');
    });

    test('sgd without momentum', async () => {
      const operands = onDevice(device, () => ({ parameter: tensor(parameter), gradient: tensor(gradient) }));
      const record = { length, lr: 0.2, momentum: 0, weightDecay: 0.05, nesterov: 0 };
      device.run('sgd', record, operands);
      const [moved, unchanged] = await readAll(operands.parameter, operands.gradient);
      expectClose(
        moved!,
        parameter.map((p, i) => p - 0.2 * (gradient[i]! + 0.05 * p)),
        tolerance,
        'parameter',
      );
      expectClose(unchanged!, gradient, 0, 'gradient');
    });

    test.each([
      { rootScale: 3, eps: 1e-8, weightDecay: 0, decoupledDecay: 0 },
      { rootScale: 1.5, eps: 0.01, weightDecay: 0.1, decoupledDecay: 0 },
      { rootScale: 1, eps: 0.5, weightDecay: 0, decoupledDecay: 0.002 },
    ])('adam, $rootScale $eps $weightDecay $decoupledDecay', async (options) => {
      const { rootScale, eps, weightDecay, decoupledDecay } = options;
      const squares = velocity.map((v) => v * v);
      const operands = onDevice(device, () => ({
        parameter: tensor(parameter),
        gradient: tensor(gradient),
        mean: tensor(velocity),
        meanSquare: tensor(squares),
      }));
      const record = { beta1: 0.8, share1: 0.2, beta2: 0.99, share2: 0.01, stepSize: 0.03 };
      device.run('adam', { length, ...record, ...options }, operands);
      const [moved, unchanged, mean, meanSquare] = await readAll(
        operands.parameter,
        operands.gradient,
        operands.mean,
        operands.meanSquare,
      );
      const g = (i: number) => gradient[i]! + weightDecay * parameter[i]!;
      const means = velocity.map((m, i) => 0.8 * m + 0.2 * g(i));
      const meanSquares = squares.map((v, i) => 0.99 * v + 0.01 * g(i) ** 2);
      expectClose(mean!, means, tolerance, 'mean');
      expectClose(meanSquare!, meanSquares, tolerance, 'meanSquare');
      const divisor = (i: number) => rootScale * Math.sqrt(meanSquares[i]!) + eps;
      expectClose(
        moved!,
        parameter.map((p, i) => p - decoupledDecay * p - (0.03 * means[i]!) / divisor(i)),
        tolerance,
        'parameter',
      );
      expectClose(unchanged!, gradient, 0, 'gradient');
    });

    test.each([
      { momentum: 0, weightDecay: 0.1, eps: 1e-8 },
      { momentum: 0.7, weightDecay: 0, eps: 0.01 },
    ])('rmsprop, $momentum $weightDecay $eps', async (options) => {
      const { momentum, weightDecay, eps } = options;
      const squares = gradient.map((g) => g * g);
      const operands = onDevice(device, () => ({
        parameter: tensor(parameter),
        gradient: tensor(gradient),
        meanSquare: tensor(squares),
        velocity: tensor(velocity),
      }));
      const record = { length, lr: 0.02, alpha: 0.9, share: 0.1, ...options };
      device.run('rmsprop', record, momentum > 0 ? operands : { ...operands, velocity: undefined });
      const [moved, unchanged, meanSquare, faster] = await readAll(
        operands.parameter,
        operands.gradient,
        operands.meanSquare,
        operands.velocity,
      );
      const g = (i: number) => gradient[i]! + weightDecay * parameter[i]!;
      const meanSquares = squares.map((v, i) => 0.9 * v + 0.1 * g(i) ** 2);
      const steps = gradient.map((_, i) => {
        const quotient = g(i) / (Math.sqrt(meanSquares[i]!) + eps);
        return momentum > 0 ? momentum * velocity[i]! + quotient : quotient;
      });
      expectClose(meanSquare!, meanSquares, tolerance, 'meanSquare');
      expectClose(faster!, momentum > 0 ? steps : velocity, tolerance, 'velocity');
      expectClose(
        moved!,
        parameter.map((p, i) => p - 0.02 * steps[i]!),
        tolerance,
        'parameter',
      );
      expectClose(unchanged!, gradient, 0, 'gradient');
    });

    test('lerp moves its second operand', async () => {
      const operands = onDevice(device, () => ({ x: tensor(parameter), y: tensor(velocity) }));
      device.run('lerp', { length, share: 0.3 }, operands);
      const [unchanged, moved] = await readAll(operands.x, operands.y);
      expectClose(unchanged!, parameter, 0, 'x');
      expectClose(
        moved!,
        velocity.map((y, i) => 0.7 * y + 0.3 * parameter[i]!),
        tolerance,
        'y',
        // That of the summands, which may cancel.
        1,
      );
    });

    test('exchange', async () => {
      const operands = onDevice(device, () => ({ x: tensor(parameter), y: tensor(velocity) }));
      device.run('exchange', { length }, operands);
      const [x, y] = await readAll(operands.x, operands.y);
      expectClose(x!, velocity, 0, 'x');
      expectClose(y!, parameter, 0, 'y');
    });

    test('sumOfSquares writes its own place only', async () => {
      const operands = onDevice(device, () => ({ x: tensor(gradient), sums: full([3], 5) }));
      device.run('sumOfSquares', { length, index: 1 }, operands);
      const [, sums] = await readAll(operands.x, operands.sums);
      expectClose(sums!, [5, gradient.reduce((total, g) => total + g * g, 0), 5], 1e-5, 'sums');
    });

    test('scaleBy', async () => {
      const operands = onDevice(device, () => ({ x: tensor(gradient), factor: tensor([0.25]) }));
      device.run('scaleBy', { length }, operands);
      const [scaled] = await readAll(operands.x, operands.factor);
      expectClose(
        scaled!,
        gradient.map((g) => g / 4),
        0,
        'x',
      );
    });
  });

  test.each([
    { name: 'clips', sums: [9, 16, 144], maxNorm: 6.5, norm: 13, factor: 0.5 },
    { name: 'leaves small gradients alone', sums: [0.09, 0.16], maxNorm: 1, norm: 0.5, factor: 1 },
    { name: 'bears no gradient at all', sums: [0], maxNorm: 1, norm: 0, factor: 1 },
    { name: 'hands NaN on', sums: [1, Number.NaN], maxNorm: 1, norm: Number.NaN, factor: Number.NaN },
  ])('clipFactor $name', async ({ sums, maxNorm, norm, factor }) => {
    const operands = onDevice(device, () => ({
      sums: tensor([...sums, 1e6]),
      norm: full([1], -1),
      factor: full([1], -1),
    }));
    device.run('clipFactor', { count: sums.length, maxNorm }, operands);
    const [, foundNorm, foundFactor] = await readAll(operands.sums, operands.norm, operands.factor);
    expectClose(foundNorm!, [norm], tolerance, 'norm');
    expectClose(foundFactor!, [factor], tolerance, 'factor');
  });

  test('accumulate writes beside or over its first operand', async () => {
    const operands = onDevice(device, () => ({
      a: tensor([1, 2, 3]),
      b: tensor([10, 20, 30]),
      y: full([3], -1),
    }));
    device.run('accumulate', { length: 3 }, operands);
    device.run('accumulate', { length: 3 }, { ...operands, y: operands.a });
    const [a, b, y] = await readAll(operands.a, operands.b, operands.y);
    expect([a, b, y].map((data) => [...data!])).toEqual([
      [11, 22, 33],
      [10, 20, 30],
      [11, 22, 33],
    ]);
  });
});
