import type { BroadcastRecord } from '../ops/_broadcast.js';
import { type BroadcastOperands, broadcast } from './_broadcast.js';

export function div(record: BroadcastRecord, operands: BroadcastOperands): void {
  broadcast(record, operands, (a, b) => a / b);
}
