import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** An IDX file of unsigned bytes. */
export function idx(dimensions: number[], data: ArrayLike<number>): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * dimensions.length));
  header.setUint32(0, 0x0800 + dimensions.length);
  for (const [axis, size] of dimensions.entries()) header.setUint32(4 + 4 * axis, size);
  return Uint8Array.of(...new Uint8Array(header.buffer), ...Array.from(data));
}

/** What each of the four files of a folder holds; `undefined` leaves a file out. */
export type IdxFiles = Partial<Record<keyof typeof idxNames, Uint8Array | undefined>>;

const idxNames = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
};

/** Three training images and two test images of 2 x 3 pixels, unless a file is given. */
export function writeIdxFolder(folder: string, files: IdxFiles = {}, { gzip = false } = {}): void {
  const small: IdxFiles = {
    trainImages: idx(
      [3, 2, 3],
      Uint8Array.from({ length: 18 }, (_, at) => at),
    ),
    trainLabels: idx([3], [2, 0, 1]),
    testImages: idx(
      [2, 2, 3],
      Uint8Array.from({ length: 12 }, (_, at) => 100 + at),
    ),
    testLabels: idx([2], [1, 2]),
  };
  for (const [key, bytes] of Object.entries({ ...small, ...files })) {
    if (bytes === undefined) continue;
    const name = idxNames[key as keyof typeof idxNames];
    writeFileSync(join(folder, gzip ? name + '.gz' : name), gzip ? gzipSync(bytes) : bytes);
  }
}
