import { Broadcast, Operation, broadcast, broadcastBlocks } from './lib/broadcast';

export function addBlocks(d: Broadcast, phase: i32): i32 {
  return phase == 0 ? broadcastBlocks(d) : -1;
}

export function add(d: Broadcast, phase: i32, block: i32, scratch: usize): void {
  broadcast(Operation.Add, d, block);
}
