// One step of stochastic gradient descent with momentum, as PyTorch defines it.

import { CHUNK, ceilDivide } from './lib/vector';

// @ts-ignore: decorator
@unmanaged
class Sgd {
  parameter: usize;
  gradient: usize;
  velocity: usize;
  length: i32;
  lr: f32;
  momentum: f32;
  weightDecay: f32;
  nesterov: i32;
}

export function sgdBlocks(d: Sgd, phase: i32): i32 {
  return phase == 0 ? ceilDivide(d.length, CHUNK) : -1;
}

export function sgd(d: Sgd, phase: i32, block: i32, scratch: usize): void {
  const end = min(d.length, (block + 1) * CHUNK) << 2;
  const momentum = f32x4.splat(d.momentum);
  const weightDecay = f32x4.splat(d.weightDecay);
  const lr = f32x4.splat(d.lr);
  let i = (block * CHUNK) << 2;
  for (; i + 16 <= end; i += 16) {
    const parameter = v128.load(d.parameter + i);
    let direction = f32x4.add(v128.load(d.gradient + i), f32x4.mul(weightDecay, parameter));
    if (d.velocity) {
      const velocity = f32x4.add(f32x4.mul(momentum, v128.load(d.velocity + i)), direction);
      v128.store(d.velocity + i, velocity);
      direction = d.nesterov ? f32x4.add(direction, f32x4.mul(momentum, velocity)) : velocity;
    }
    v128.store(d.parameter + i, f32x4.sub(parameter, f32x4.mul(lr, direction)));
  }
  for (; i < end; i += 4) {
    const parameter = load<f32>(d.parameter + i);
    let direction = load<f32>(d.gradient + i) + d.weightDecay * parameter;
    if (d.velocity) {
      const velocity = d.momentum * load<f32>(d.velocity + i) + direction;
      store<f32>(d.velocity + i, velocity);
      direction = d.nesterov ? direction + d.momentum * velocity : velocity;
    }
    store<f32>(d.parameter + i, parameter - d.lr * direction);
  }
}
