import { gunzipSync } from 'node:zlib';
import { FormatError } from 'tenfold';

/** Greyscale pictures, row by row, one byte per pixel. */
export interface IdxImages {
  readonly pixels: Uint8Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
}

// Two zero bytes, the element type (8: unsigned byte), the number of dimensions.
const imagesMagic = 0x00000803;
const labelsMagic = 0x00000801;

/** The largest file that is unpacked; the largest IDX files in use (EMNIST) take 0.6 GB. */
const mostBytes = 0x80000000;

/** The bytes of a file, unpacked if they begin as gzip does, whatever the file is called. */
export function unzipped(bytes: Uint8Array, file: string): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: mostBytes });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FormatError(`${file} is damaged or cut short: it cannot be unpacked with gzip (${reason}).`, {
      file,
      got: reason,
      expected: 'a whole gzip file',
    });
  }
}

/** Reads an IDX file of pictures; `file` is its name for error messages. */
export function parseIdxImages(bytes: Uint8Array, file: string): IdxImages {
  const { dimensions, data } = parseIdx(bytes, file, imagesMagic, 3);
  const [count = 0, height = 0, width = 0] = dimensions;
  return { pixels: data, count, height, width };
}

/** Reads an IDX file of labels; `file` is its name for error messages. */
export function parseIdxLabels(bytes: Uint8Array, file: string): Uint8Array {
  return parseIdx(bytes, file, labelsMagic, 1).data;
}

function parseIdx(bytes: Uint8Array, file: string, magic: number, rank: number) {
  const headerLength = 4 + 4 * rank;
  if (bytes.length < headerLength) {
    throw new FormatError(
      `${file} has ${bytes.length} bytes, but the header of an IDX file alone takes ${headerLength} bytes.`,
      { file, got: bytes.length, expected: headerLength },
    );
  }
  const header = new DataView(bytes.buffer, bytes.byteOffset, headerLength);
  const found = header.getUint32(0);
  if (found !== magic) {
    throw new FormatError(
      `${file} starts with the bytes ${hex(found)}, but an IDX file of ${rank === 1 ? 'labels' : 'images'} ` +
        `starts with ${hex(magic)}.`,
      { file, got: hex(found), expected: hex(magic) },
    );
  }
  const dimensions = Array.from({ length: rank }, (_, axis) => header.getUint32(4 + 4 * axis));
  const expected = headerLength + dimensions.reduce((product, size) => product * size, 1);
  if (bytes.length !== expected) {
    throw new FormatError(
      `${file} has ${bytes.length} bytes, but its header (${dimensions.join(' x ')}) announces ${expected} bytes.`,
      { file, got: bytes.length, expected },
    );
  }
  return { dimensions, data: bytes.subarray(headerLength) };
}

function hex(magic: number): string {
  return magic.toString(16).padStart(8, '0');
}
