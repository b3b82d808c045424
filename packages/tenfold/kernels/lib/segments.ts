// Of a walk over taps (lib/taps.ts), the runs of floats that lie side by side: segments, four i32 each. Offset from the first
// tap's corner and length, in bytes, whether a chunk of the sum ends with the segment, and how many terms lie before it.

import { Region, isInside } from './regions';
import { CHUNK_TERMS, TAP_BYTES, Taps } from './taps';

export const SEGMENT_BYTES: i32 = 16;

/** Bytes that the segments of so many taps take at most. */
export function segmentsBytes(t: Taps): i32 {
  return (t.count + (t.count * t.channels) / CHUNK_TERMS) * SEGMENT_BYTES;
}

/** Taps whose pixels lie side by side make one segment, which ends where a chunk does. Taps outside are left out. */
export function writeSegments(t: Taps, region: Region | null, segments: usize): usize {
  let next = segments;
  let end = -1;
  let terms = 0;
  for (let i = 0; i < t.count; i++) {
    const entry = t.table + i * TAP_BYTES;
    if (region && !isInside(t, region, entry)) {
      end = -1;
      continue;
    }
    const row = load<i32>(entry) - t.minRow;
    const column = load<i32>(entry, 4) - t.minColumn;
    let offset = row * t.rowBytes + column * t.pixelBytes;
    let left = t.channels;
    while (left > 0) {
      const length = min(left, CHUNK_TERMS - terms);
      terms = (terms + length) % CHUNK_TERMS;
      if (offset != end) {
        store<i32>(next, offset);
        store<i32>(next, 0, 4);
        store<i32>(next, (i + 1) * t.channels - left, 12);
        next += SEGMENT_BYTES;
      }
      const last = next - SEGMENT_BYTES;
      store<i32>(last, load<i32>(last, 4) + (length << 2), 4);
      store<i32>(last, i32(terms == 0), 8);
      left -= length;
      offset += length << 2;
      end = terms == 0 ? -1 : offset;
    }
  }
  return next;
}
