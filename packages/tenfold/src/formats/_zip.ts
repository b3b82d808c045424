/**
 * The entries of a zip archive that lie in it as they are, without compression, as in the files of `torch.save`.
 * (PKWARE's APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16.)
 */

import type { Refuse } from './_refusal.js';

const localHeader = 0x04034b50;
const directoryEntry = 0x02014b50;
const endOfDirectory = 0x06054b50;

export function isZip(bytes: Uint8Array): boolean {
  return bytes.byteLength >= 4 && viewOf(bytes).getUint32(0, true) === localHeader;
}

/** The stored entries by their names; those that are compressed are left out. Their bytes are views, not copies. */
export function zipEntries(bytes: Uint8Array, refuse: Refuse): Map<string, Uint8Array> {
  const view = viewOf(bytes);
  const end = findEnd(view);
  if (end < 0) refuse('end of the zip archive', 'missing', 'there; is the file cut short?');
  const count = view.getUint16(end + 10, true);
  const entries = new Map<string, Uint8Array>();
  let at = view.getUint32(end + 16, true);
  for (let index = 0; index < count; index++) {
    if (at + 46 > end || view.getUint32(at, true) !== directoryEntry) {
      refuse('directory of the zip archive', `broken at entry ${index}`, `whole, with ${count} entries`);
    }
    const compression = view.getUint16(at + 10, true);
    const size = view.getUint32(at + 24, true);
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const commentLength = view.getUint16(at + 32, true);
    const offset = view.getUint32(at + 42, true);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    at += 46 + nameLength + extraLength + commentLength;
    if (compression !== 0) continue;
    if (offset + 30 > bytes.byteLength || view.getUint32(offset, true) !== localHeader) {
      refuse(`place of ${name} in the zip archive`, offset, 'that of an entry');
    }
    const begin = offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
    if (begin + size > bytes.byteLength) {
      refuse(`end of ${name} in the zip archive`, begin + size, `at most ${bytes.byteLength}`);
    }
    entries.set(name, bytes.subarray(begin, begin + size));
  }
  return entries;
}

/** The record stands at the end of the file, behind it at most a comment of 65,535 bytes. */
function findEnd(view: DataView): number {
  const last = view.byteLength - 22;
  for (let at = last; at >= 0 && at >= last - 0xffff; at--) {
    if (view.getUint32(at, true) === endOfDirectory) return at;
  }
  return -1;
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
