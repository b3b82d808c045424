import { ceilDivide } from './lib/vector';

// @ts-ignore: decorator
@unmanaged
class MaxPool2dGeometry {
  batch: i32;
  inHeight: i32;
  inWidth: i32;
  channels: i32;
  outHeight: i32;
  outWidth: i32;
  kernelHeight: i32;
  kernelWidth: i32;
  strideHeight: i32;
  strideWidth: i32;
  dilationHeight: i32;
  dilationWidth: i32;
  paddingTop: i32;
  paddingLeft: i32;
}

// @ts-ignore: decorator
@unmanaged
class MaxPool2d extends MaxPool2dGeometry {
  x: usize;
  y: usize;
  indices: usize;
}

export function maxPool2dBlocks(d: MaxPool2d, phase: i32): i32 {
  return phase == 0 ? d.batch * d.outHeight : -1;
}

/** One row of one image. */
export function maxPool2d(d: MaxPool2d, phase: i32, block: i32, scratch: usize): void {
  const image = block / d.outHeight;
  const top = (block - image * d.outHeight) * d.strideHeight - d.paddingTop;
  let result = block * d.outWidth * d.channels * 4;
  const vectors = d.channels & ~3;
  for (let j = 0; j < d.outWidth; j++) {
    const left = j * d.strideWidth - d.paddingLeft;
    for (let c = 0; c < vectors; c += 4) maximum4(d, image, top, left, c, result + (c << 2));
    for (let c = vectors; c < d.channels; c++) maximum1(d, image, top, left, c, result + (c << 2));
    result += d.channels << 2;
  }
}

function maximum4(d: MaxPool2d, image: i32, top: i32, left: i32, channel: i32, result: usize): void {
  let largest = f32x4.splat(-Infinity);
  let where = i32x4.splat(-1);
  for (let r = 0; r < d.kernelHeight; r++) {
    const row = top + r * d.dilationHeight;
    if (u32(row) >= u32(d.inHeight)) continue;
    for (let s = 0; s < d.kernelWidth; s++) {
      const column = left + s * d.dilationWidth;
      if (u32(column) >= u32(d.inWidth)) continue;
      const pixel = row * d.inWidth + column;
      const x = v128.load(d.x + ((image * d.inHeight * d.inWidth + pixel) * d.channels + channel << 2));
      // The first pixel always, then the larger ones, and NaN, which is unequal to itself.
      const better = v128.or(
        v128.or(f32x4.gt(x, largest), f32x4.ne(x, x)),
        i32x4.lt_s(where, i32x4.splat(0)),
      );
      largest = v128.bitselect(x, largest, better);
      where = v128.bitselect(i32x4.splat(pixel), where, better);
    }
  }
  v128.store(d.y + result, largest);
  v128.store(d.indices + result, where);
}

function maximum1(d: MaxPool2d, image: i32, top: i32, left: i32, channel: i32, result: usize): void {
  let largest: f32 = -Infinity;
  let where = -1;
  for (let r = 0; r < d.kernelHeight; r++) {
    const row = top + r * d.dilationHeight;
    if (u32(row) >= u32(d.inHeight)) continue;
    for (let s = 0; s < d.kernelWidth; s++) {
      const column = left + s * d.dilationWidth;
      if (u32(column) >= u32(d.inWidth)) continue;
      const pixel = row * d.inWidth + column;
      const x = load<f32>(d.x + ((image * d.inHeight * d.inWidth + pixel) * d.channels + channel << 2));
      if (x > largest || x != x || where < 0) {
        largest = x;
        where = pixel;
      }
    }
  }
  store<f32>(d.y + result, largest);
  store<i32>(d.indices + result, where);
}

// @ts-ignore: decorator
@unmanaged
class MaxPool2dGradient extends MaxPool2dGeometry {
  indices: usize;
  gradient: usize;
  xGradient: usize;
}

/** Channels in a block: each block owns the whole image for them, so that windows may overlap. */
const CHANNELS: i32 = 16;

export function maxPool2dGradientBlocks(d: MaxPool2dGradient, phase: i32): i32 {
  return phase == 0 ? d.batch * ceilDivide(d.channels, CHANNELS) : -1;
}

export function maxPool2dGradient(d: MaxPool2dGradient, phase: i32, block: i32, scratch: usize): void {
  const parts = ceilDivide(d.channels, CHANNELS);
  const image = block / parts;
  const first = (block - image * parts) * CHANNELS;
  const count = min(d.channels - first, CHANNELS);
  const inPixels = d.inHeight * d.inWidth;
  const outPixels = d.outHeight * d.outWidth;
  const xGradient = d.xGradient + (image * inPixels * d.channels + first << 2);
  for (let pixel = 0; pixel < inPixels; pixel++) {
    memory.fill(xGradient + pixel * d.channels * 4, 0, count << 2);
  }
  let from = image * outPixels * d.channels + first << 2;
  for (let output = 0; output < outPixels; output++) {
    for (let c = 0; c < count; c++) {
      const pixel = load<i32>(d.indices + from + (c << 2));
      if (pixel < 0) continue;
      const at = xGradient + (pixel * d.channels + c << 2);
      store<f32>(at, load<f32>(at) + load<f32>(d.gradient + from + (c << 2)));
    }
    from += d.channels << 2;
  }
}
