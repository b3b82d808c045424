import type { ImageSet } from './mnist.js';

/** Images as the network takes them (NHWC, normalised), with their labels. */
export interface Batch {
  readonly images: Float32Array<ArrayBuffer>;
  readonly labels: Int32Array<ArrayBuffer>;
  readonly shape: [count: number, height: number, width: number, channels: 1];
}

export interface Normalisation {
  readonly mean: number;
  readonly std: number;
}

/** Cuts a list of images into batches of `size`; the last one takes what remains. */
export function* batches(
  set: ImageSet,
  indices: Int32Array,
  size: number,
  normalisation: Normalisation,
): Generator<Batch> {
  const normalised = Float32Array.from(
    { length: 256 },
    (_, byte) => (byte / 255 - normalisation.mean) / normalisation.std,
  );
  const pixels = set.height * set.width;
  for (let start = 0; start < indices.length; start += size) {
    const chosen = indices.subarray(start, start + size);
    const images = new Float32Array(chosen.length * pixels);
    const labels = new Int32Array(chosen.length);
    chosen.forEach((index, slot) => {
      const source = set.images.subarray(index * pixels, (index + 1) * pixels);
      const target = slot * pixels;
      for (let pixel = 0; pixel < pixels; pixel++) images[target + pixel] = normalised[source[pixel]!]!;
      labels[slot] = set.labels[index]!;
    });
    yield { images, labels, shape: [chosen.length, set.height, set.width, 1] };
  }
}
