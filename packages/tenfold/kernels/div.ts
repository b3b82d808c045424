import { Broadcast, broadcast } from './lib/broadcast';

export { broadcastBlocks as divBlocks } from './lib/broadcast';

// @ts-ignore: decorator
@unmanaged
class Div extends Broadcast {
  // @ts-ignore: decorator
  @inline
  combine(a: v128, b: v128): v128 {
    return f32x4.div(a, b);
  }
}

export function div(d: Div, phase: i32, block: i32, scratch: usize): void {
  broadcast(d, block);
}
