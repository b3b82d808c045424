import { Broadcast, broadcast } from './lib/broadcast';

export { broadcastBlocks as mulBlocks } from './lib/broadcast';

// @ts-ignore: decorator
@unmanaged
class Mul extends Broadcast {
  // @ts-ignore: decorator
  @inline
  combine(a: v128, b: v128): v128 {
    return f32x4.mul(a, b);
  }
}

export function mul(d: Mul, phase: i32, block: i32, scratch: usize): void {
  broadcast(d, block);
}
