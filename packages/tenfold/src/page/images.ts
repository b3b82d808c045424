/** Pictures become tensors, and tensors pictures. */

import { OptionError, ShapeError } from '../errors.js';
import { type Tensor, tensor } from '../tensor/tensor.js';
import { type ImageSource, type Pixels, pixelsOf } from './_pixels.js';
import { type Raster, resample } from './_resample.js';

/** A checkpoint's `preprocessing` is one. */
export interface ImageTensorOptions {
  /** @default the height of the first image */
  readonly height?: number;
  /** @default the width of the first image */
  readonly width?: number;
  /** 3 for red, green and blue; 1 for grey, by the weights 0.299, 0.587 and 0.114 (ITU-R BT.601). @default 3 */
  readonly channels?: number;
  /** On a scale from 0 to 1, one number per channel; the tensor holds (value - mean) / std. @default zeros */
  readonly mean?: readonly number[];
  /** @default ones */
  readonly std?: readonly number[];
  /** Whether images of other proportions are scaled until they cover the size, and cut around their middle, or stretched. @default cover */
  readonly fit?: 'cover' | 'stretch';
  /** The grey, from 0 (black) to 255 (white), behind transparent pixels. @default 255 */
  readonly background?: number;
}

/**
 * A float32 tensor [N, height, width, channels] of one image or several. Pixels of an ImageData give the same bits on
 * every machine; how a browser decodes a JPEG image or a video is its own affair.
 *
 * @throws OptionError for options that do not fit together; StateError if a picture is not there yet, or may not be read.
 */
export function imageTensor(
  sources: ImageSource | readonly ImageSource[],
  options: ImageTensorOptions = {},
): Tensor {
  const images = (Array.isArray(sources) ? sources : [sources]).map(pixelsOf);
  const { channels = 3, fit = 'cover', background = 255 } = options;
  const { height = images[0]?.height ?? 0, width = images[0]?.width ?? 0 } = options;
  const { mean = new Array(channels).fill(0), std = new Array(channels).fill(1) } = options;
  check('channels', channels, channels === 1 || channels === 3, '1 or 3');
  check('height', height, Number.isInteger(height) && height > 0, 'a whole number of pixels from 1 up');
  check('width', width, Number.isInteger(width) && width > 0, 'a whole number of pixels from 1 up');
  check('mean', mean, mean.length === channels, `${channels} numbers, one for each channel`);
  check('std', std, std.length === channels && !std.includes(0), `${channels} numbers other than 0`);
  check('fit', fit, fit === 'cover' || fit === 'stretch', "'cover' or 'stretch'");

  const length = height * width * channels;
  const result = new Float32Array(images.length * length);
  images.forEach((image, index) => {
    const raster = rasterOf(image, channels, background);
    const values = scaled(raster, { height, width }, fit);
    for (let at = 0; at < length; at++) {
      const channel = at % channels;
      result[index * length + at] = (values[at]! / 255 - mean[channel]!) / std[channel]!;
    }
  });
  return tensor(result, [images.length, height, width, channels]);
}

/**
 * A picture of a tensor [H, W, C] or [1, H, W, C], C being 1 (grey), 3 or 4 (with alpha): bytes as they are, float32 as
 * `value * std + mean` on a scale from 0 to 1; what lies outside is cut off.
 *
 * @throws ShapeError for another shape.
 */
export async function imageData(
  picture: Tensor,
  { mean = [], std = [] }: Pick<ImageTensorOptions, 'mean' | 'std'> = {},
): Promise<ImageData> {
  const shape = picture.shape.length === 4 && picture.shape[0] === 1 ? picture.shape.slice(1) : picture.shape;
  const [height = 0, width = 0, channels = 0] = shape;
  if (shape.length !== 3 || ![1, 3, 4].includes(channels) || height * width === 0) {
    throw new ShapeError(
      `the tensor has shape [${picture.shape.join(', ')}], but a picture is [H, W, C] or [1, H, W, C] with 1, 3 or 4 channels; take one image of a batch by slice`,
      { operator: 'imageData', rule: 'shape', got: picture.shape, expected: '[H, W, C]' },
    );
  }
  const values = await picture.data();
  const toByte =
    picture.dtype === 'float32'
      ? (value: number, channel: number) => (value * (std[channel] ?? 1) + (mean[channel] ?? 0)) * 255
      : (value: number) => value;
  const data = new Uint8ClampedArray(height * width * 4).fill(255);
  for (let pixel = 0; pixel < height * width; pixel++) {
    for (let channel = 0; channel < Math.max(3, channels); channel++) {
      const from = channels === 1 ? 0 : channel;
      data[pixel * 4 + channel] = toByte(values[pixel * channels + from]!, from);
    }
  }
  return new ImageData(data, width, height);
}

function rasterOf({ data, height, width }: Pixels, channels: number, background: number): Raster {
  const values = new Float64Array(height * width * channels);
  for (let pixel = 0; pixel < height * width; pixel++) {
    const alpha = data[pixel * 4 + 3]!;
    const over = (value: number) => (value * alpha + background * (255 - alpha)) / 255;
    const [red, green, blue] = [
      over(data[pixel * 4]!),
      over(data[pixel * 4 + 1]!),
      over(data[pixel * 4 + 2]!),
    ];
    if (channels === 1) values[pixel] = (299 * red + 587 * green + 114 * blue) / 1000;
    else values.set([red, green, blue], pixel * 3);
  }
  return { height, width, channels, values };
}

function scaled(
  raster: Raster,
  to: { readonly height: number; readonly width: number },
  fit: 'cover' | 'stretch',
): Raster['values'] {
  if (raster.height === to.height && raster.width === to.width) return raster.values;
  const step = Math.min(raster.height / to.height, raster.width / to.width);
  const [height, width] =
    fit === 'cover' ? [to.height * step, to.width * step] : [raster.height, raster.width];
  const part = { top: (raster.height - height) / 2, left: (raster.width - width) / 2, height, width };
  return resample(raster, part, to);
}

function check(rule: string, got: unknown, valid: boolean, expected: string): void {
  if (valid) return;
  throw new OptionError(`${rule} must be ${expected}, not ${JSON.stringify(got)}`, {
    operator: 'imageTensor',
    rule,
    got,
    expected,
  });
}
