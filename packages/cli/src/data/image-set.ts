/** Labelled pictures of one size, as they came from their files. */
export interface ImageSet {
  /** One byte per pixel and channel, ordered by image, row, column, channel; best made by `sharedBytes`. */
  readonly images: Uint8Array;
  /** For each image the position of its class in `classNames`. */
  readonly labels: Int32Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly classNames: readonly string[];
}

/** For each channel the mean and the standard deviation of pixels on a scale from 0 to 1. */
export interface Normalisation {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Pictures to learn from, and what suits them. */
export interface DataSet {
  readonly train: ImageSet;
  /** Missing where the source has none; `divide` holds back some of `train` then. */
  readonly validation?: ImageSet;
  readonly test?: ImageSet;
  readonly normalisation: Normalisation;
  /** The augmentation that suits the pictures, as a spec for `parseAugmentation`. */
  readonly augmentation: string;
  /** What a person should hear about the source: files left out, images skipped. One sentence each. */
  readonly notes: readonly string[];
}

/** Bytes that the loader's threads read in place, without a copy of their own. */
export function sharedBytes(length: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(length));
}

/** The same bytes in memory that threads share. */
export function shared(bytes: Uint8Array): Uint8Array {
  if (bytes.buffer instanceof SharedArrayBuffer) return bytes;
  const copy = sharedBytes(bytes.length);
  copy.set(bytes);
  return copy;
}
