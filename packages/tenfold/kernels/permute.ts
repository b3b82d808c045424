// y, row by row of its last axis, from wherever in x its elements lie. It moves words of 32 bits.

import { CHUNK, ceilDivide } from './lib/vector';

// @ts-ignore: decorator
@unmanaged
class Permute {
  x: usize;
  y: usize;
  size0: i32;
  size1: i32;
  size2: i32;
  size3: i32;
  size4: i32;
  size5: i32;
  xStride0: i32;
  xStride1: i32;
  xStride2: i32;
  xStride3: i32;
  xStride4: i32;
  xStride5: i32;
}

function total(d: Permute): i32 {
  return d.size0 * d.size1 * d.size2 * d.size3 * d.size4 * d.size5;
}

export function permuteBlocks(d: Permute, phase: i32): i32 {
  return phase == 0 ? ceilDivide(total(d), CHUNK) : -1;
}

export function permute(d: Permute, phase: i32, block: i32, scratch: usize): void {
  const end = min(total(d), (block + 1) * CHUNK);
  let position = block * CHUNK;
  while (position < end) {
    let rest = position / d.size5;
    let i5 = position - rest * d.size5;
    let i4 = rest % d.size4;
    rest /= d.size4;
    let from = i4 * d.xStride4 + (rest % d.size3) * d.xStride3;
    rest /= d.size3;
    from += (rest % d.size2) * d.xStride2;
    rest /= d.size2;
    from += (rest % d.size1) * d.xStride1 + (rest / d.size1) * d.xStride0;
    // The rows that follow along the axis before the last are found without divisions.
    for (; i4 < d.size4 && position < end; i4++) {
      const count = min(end - position, d.size5 - i5);
      gather(d.x + ((from + i5 * d.xStride5) << 2), d.xStride5 << 2, count, d.y + (position << 2));
      from += d.xStride4;
      position += count;
      i5 = 0;
    }
  }
}

function gather(x: usize, stride: i32, count: i32, y: usize): void {
  if (stride == 4) {
    memory.copy(y, x, count << 2);
    return;
  }
  for (let i = 0; i < count; i++) {
    store<u32>(y, load<u32>(x));
    x += stride;
    y += 4;
  }
}
