import { Broadcast, broadcast } from './lib/broadcast';

export { broadcastBlocks as addBlocks } from './lib/broadcast';

// @ts-ignore: decorator
@unmanaged
class Add extends Broadcast {
  // @ts-ignore: decorator
  @inline
  combine(a: v128, b: v128): v128 {
    return f32x4.add(a, b);
  }
}

export function add(d: Add, phase: i32, block: i32, scratch: usize): void {
  broadcast(d, block);
}
