import { permutation } from 'tenfold';
import type { ImageSet, Normalisation } from './image-set.js';

/** Enough to know mean and deviation to two digits. They are drawn, because an order of images may have rhythms. */
const imagesLookedAt = 10_000;

/** The mean and deviation of each channel, rounded to four digits; a channel that hardly varies is not scaled. */
export function statisticsOf({ images, count, height, width, channels }: ImageSet): Normalisation {
  const frequency = new Float64Array(256 * channels);
  const bytes = height * width * channels;
  const drawn = permutation(count, { seed: 0, purpose: 'statistics' }).subarray(0, imagesLookedAt);
  for (const image of drawn) {
    const end = (image + 1) * bytes;
    for (let at = image * bytes; at < end; at += channels) {
      for (let channel = 0; channel < channels; channel++)
        frequency[256 * channel + images[at + channel]!]!++;
    }
  }
  const each = Array.from({ length: channels }, (_, channel) =>
    momentsOf(frequency.subarray(256 * channel, 256 * channel + 256)),
  );
  return { mean: each.map(({ mean }) => mean), std: each.map(({ std }) => std) };
}

function momentsOf(frequency: Float64Array): { mean: number; std: number } {
  let pixels = 0;
  let sum = 0;
  let squares = 0;
  frequency.forEach((times, byte) => {
    pixels += times;
    sum += times * byte;
    squares += times * byte * byte;
  });
  const mean = sum / pixels;
  const std = Math.sqrt(Math.max(0, squares / pixels - mean * mean));
  return { mean: rounded(mean / 255), std: std < 1 ? 1 : rounded(std / 255) };
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

/** For each channel what its 256 bytes become, one channel after the other. */
export function normalisationTable({ mean, std }: Normalisation): Float32Array {
  return Float32Array.from({ length: 256 * mean.length }, (_, entry) => {
    const channel = entry >> 8;
    return ((entry & 255) / 255 - mean[channel]!) / std[channel]!;
  });
}
