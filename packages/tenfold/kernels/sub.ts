import { Broadcast, broadcast } from './lib/broadcast';

export { broadcastBlocks as subBlocks } from './lib/broadcast';

// @ts-ignore: decorator
@unmanaged
class Sub extends Broadcast {
  // @ts-ignore: decorator
  @inline
  combine(a: v128, b: v128): v128 {
    return f32x4.sub(a, b);
  }
}

export function sub(d: Sub, phase: i32, block: i32, scratch: usize): void {
  broadcast(d, block);
}
