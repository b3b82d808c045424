import type { BroadcastRecord } from '../ops/_broadcast.js';
import { type BroadcastOperands, broadcast } from './_broadcast.js';

export function sub(record: BroadcastRecord, operands: BroadcastOperands): void {
  broadcast(record, operands, (a, b) => a - b);
}
