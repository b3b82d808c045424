import type { Preprocessing } from 'tenfold';
import { type ImageFileOptions, readImage } from '../data/index.js';

/** An image file as a network takes it. */
export interface ImageInput {
  /** Normalised, ordered by row, column, channel. */
  readonly values: Float32Array;
  /** What a person should hear about it. */
  readonly hint: string | undefined;
}

/** What is done to an image, in words. */
export function describePreprocessing(
  { height, width, channels, resize }: Preprocessing,
  invert: boolean,
): string {
  const framed =
    resize === undefined
      ? `scaled to cover ${height} x ${width} pixels, its middle kept`
      : `scaled until its shorter side has ${resize} pixels, its middle of ${height} x ${width} kept`;
  const colours = channels === 1 ? 'turned grey' : 'taken as red, green and blue';
  const inverted = invert ? ', inverted' : '';
  return `each image is ${framed}, ${colours}${inverted}, and normalised`;
}

/** How image files are read for a network: as those that it learnt from. */
export function framing({ height, width, channels, resize }: Preprocessing): Required<ImageFileOptions> {
  return { size: { height, width }, resize, channels: channels === 1 ? 1 : 3 };
}

/** Reads an image file and does to it what was done to the images that the network learnt from. */
export async function readImageInput(
  file: string,
  preprocessing: Preprocessing,
  invert: boolean,
): Promise<ImageInput> {
  const { channels, mean, std } = preprocessing;
  const { pixels } = await readImage(file, framing(preprocessing));
  const bytes = invert ? pixels.map((byte) => 255 - byte) : pixels;
  const values = Float32Array.from(bytes, (byte, at) => {
    const channel = at % channels;
    return (byte / 255 - mean[channel]!) / std[channel]!;
  });
  return { values, hint: groundHint(bytes, preprocessing, invert) };
}

/**
 * Digits in data sets are bright on a dark ground, on paper they are dark on a bright one, and a network that has seen
 * only the one kind reads the other as nonsense, with great confidence.
 */
function groundHint(
  bytes: Uint8Array,
  { height, width, channels, mean }: Preprocessing,
  invert: boolean,
): string | undefined {
  if (channels !== 1) return undefined;
  const rim = bytes.filter((_, at) => {
    const [row, column] = [Math.floor(at / width), at % width];
    return row === 0 || column === 0 || row === height - 1 || column === width - 1;
  });
  const ground = rim.reduce((sum, byte) => sum + byte, 0) / rim.length / 255;
  const remedy = invert ? 'leave out --invert' : '--invert turns it around';
  if (mean[0]! < 0.35 && ground > 0.5) {
    return `it is bright at its rim, but the network learnt from images on a dark ground; ${remedy}`;
  }
  if (mean[0]! > 0.65 && ground < 0.5) {
    return `it is dark at its rim, but the network learnt from images on a bright ground; ${remedy}`;
  }
  return undefined;
}
