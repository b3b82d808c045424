// One step of RMSprop, as PyTorch defines it.

import { CHUNK, ceilDivide } from './lib/vector';

// @ts-ignore: decorator
@unmanaged
class Rmsprop {
  parameter: usize;
  gradient: usize;
  meanSquare: usize;
  velocity: usize;
  length: i32;
  lr: f32;
  alpha: f32;
  share: f32;
  eps: f32;
  momentum: f32;
  weightDecay: f32;
}

export function rmspropBlocks(d: Rmsprop, phase: i32): i32 {
  return phase == 0 ? ceilDivide(d.length, CHUNK) : -1;
}

export function rmsprop(d: Rmsprop, phase: i32, block: i32, scratch: usize): void {
  const end = min(d.length, (block + 1) * CHUNK) << 2;
  const lr = f32x4.splat(d.lr);
  const alpha = f32x4.splat(d.alpha);
  const share = f32x4.splat(d.share);
  const eps = f32x4.splat(d.eps);
  const momentum = f32x4.splat(d.momentum);
  const weightDecay = f32x4.splat(d.weightDecay);
  let i = (block * CHUNK) << 2;
  for (; i + 16 <= end; i += 16) {
    const parameter = v128.load(d.parameter + i);
    const gradient = f32x4.add(v128.load(d.gradient + i), f32x4.mul(weightDecay, parameter));
    const meanSquare = f32x4.add(
      f32x4.mul(alpha, v128.load(d.meanSquare + i)),
      f32x4.mul(f32x4.mul(share, gradient), gradient),
    );
    v128.store(d.meanSquare + i, meanSquare);
    let step = f32x4.div(gradient, f32x4.add(f32x4.sqrt(meanSquare), eps));
    if (d.velocity) {
      step = f32x4.add(f32x4.mul(momentum, v128.load(d.velocity + i)), step);
      v128.store(d.velocity + i, step);
    }
    v128.store(d.parameter + i, f32x4.sub(parameter, f32x4.mul(lr, step)));
  }
  for (; i < end; i += 4) {
    const parameter = load<f32>(d.parameter + i);
    const gradient = load<f32>(d.gradient + i) + d.weightDecay * parameter;
    const meanSquare = d.alpha * load<f32>(d.meanSquare + i) + d.share * gradient * gradient;
    store<f32>(d.meanSquare + i, meanSquare);
    let step = gradient / (sqrt<f32>(meanSquare) + d.eps);
    if (d.velocity) {
      step = d.momentum * load<f32>(d.velocity + i) + step;
      store<f32>(d.velocity + i, step);
    }
    store<f32>(d.parameter + i, parameter - d.lr * step);
  }
}
