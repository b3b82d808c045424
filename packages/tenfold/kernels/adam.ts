// One step of Adam, or of AdamW, which has its weight decay beside the gradient and not in it.

import { CHUNK, ceilDivide } from './lib/vector';

// @ts-ignore: decorator
@unmanaged
class Adam {
  parameter: usize;
  gradient: usize;
  mean: usize;
  meanSquare: usize;
  length: i32;
  beta1: f32;
  beta2: f32;
  share1: f32;
  share2: f32;
  stepSize: f32;
  rootScale: f32;
  eps: f32;
  weightDecay: f32;
  decoupledDecay: f32;
}

export function adamBlocks(d: Adam, phase: i32): i32 {
  return phase == 0 ? ceilDivide(d.length, CHUNK) : -1;
}

export function adam(d: Adam, phase: i32, block: i32, scratch: usize): void {
  const end = min(d.length, (block + 1) * CHUNK) << 2;
  const beta1 = f32x4.splat(d.beta1);
  const beta2 = f32x4.splat(d.beta2);
  const share1 = f32x4.splat(d.share1);
  const share2 = f32x4.splat(d.share2);
  const stepSize = f32x4.splat(d.stepSize);
  const rootScale = f32x4.splat(d.rootScale);
  const eps = f32x4.splat(d.eps);
  const weightDecay = f32x4.splat(d.weightDecay);
  const decoupledDecay = f32x4.splat(d.decoupledDecay);
  let i = (block * CHUNK) << 2;
  for (; i + 16 <= end; i += 16) {
    const parameter = v128.load(d.parameter + i);
    const gradient = f32x4.add(v128.load(d.gradient + i), f32x4.mul(weightDecay, parameter));
    const mean = f32x4.add(f32x4.mul(beta1, v128.load(d.mean + i)), f32x4.mul(share1, gradient));
    const meanSquare = f32x4.add(
      f32x4.mul(beta2, v128.load(d.meanSquare + i)),
      f32x4.mul(f32x4.mul(share2, gradient), gradient),
    );
    v128.store(d.mean + i, mean);
    v128.store(d.meanSquare + i, meanSquare);
    const divisor = f32x4.add(f32x4.mul(rootScale, f32x4.sqrt(meanSquare)), eps);
    const step = f32x4.div(f32x4.mul(stepSize, mean), divisor);
    v128.store(
      d.parameter + i,
      f32x4.sub(parameter, f32x4.add(f32x4.mul(decoupledDecay, parameter), step)),
    );
  }
  for (; i < end; i += 4) {
    const parameter = load<f32>(d.parameter + i);
    const gradient = load<f32>(d.gradient + i) + d.weightDecay * parameter;
    const mean = d.beta1 * load<f32>(d.mean + i) + d.share1 * gradient;
    const meanSquare = d.beta2 * load<f32>(d.meanSquare + i) + d.share2 * gradient * gradient;
    store<f32>(d.mean + i, mean);
    store<f32>(d.meanSquare + i, meanSquare);
    const step = (d.stepSize * mean) / (d.rootScale * sqrt<f32>(meanSquare) + d.eps);
    store<f32>(d.parameter + i, parameter - (d.decoupledDecay * parameter + step));
  }
}
