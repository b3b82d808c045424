import type Sharp from 'sharp';
import { FormatError, readFile, TenfoldError } from 'tenfold';

export interface ImageFileOptions {
  /** A size, or the side of a square: the image is scaled to cover it, and the middle is kept. @default as it is */
  readonly size?: number | { readonly height: number; readonly width: number } | undefined;
  /** The shorter side is scaled to so many pixels, at least those of `size`. @default to cover `size` */
  readonly resize?: number | undefined;
  /** 1 for grey, 3 for red, green and blue. */
  readonly channels: 1 | 3;
}

/** One picture: bytes ordered by row, column, channel. */
export interface Picture {
  readonly pixels: Uint8Array;
  readonly height: number;
  readonly width: number;
}

/** Whether a file name is one of a PNG, JPEG or WebP image. */
export function isImageFile(name: string): boolean {
  return /\.(png|jpe?g|webp)$/i.test(name);
}

/**
 * Reads a PNG, JPEG or WebP image as a person sees it: upright (EXIF), on white where it is transparent, 8 bits.
 *
 * @throws FormatError if the file is damaged or no image; FileError if it cannot be read at all.
 */
export async function readImage(
  file: string,
  { size, resize, channels }: ImageFileOptions,
): Promise<Picture> {
  const sharp = await loadSharp();
  const bytes = await readFile(file);
  try {
    // Harmless oddities in old JPEG files are warnings; a file that is cut short is an error.
    let scaled = sharp(bytes, { failOn: 'error' }).autoOrient().flatten({ background: 'white' });
    const frame = typeof size === 'number' ? { height: size, width: size } : size;
    if (frame !== undefined && resize !== undefined) {
      const { width, height } = (await scaled.metadata()).autoOrient;
      const factor = resize / Math.min(width, height);
      const [wide, high] = [Math.round(width * factor), Math.round(height * factor)];
      const left = Math.floor((wide - frame.width) / 2);
      const top = Math.floor((high - frame.height) / 2);
      scaled = scaled.resize({ width: wide, height: high, fit: 'fill' }).extract({ left, top, ...frame });
    } else if (frame !== undefined) {
      scaled = scaled.resize({ ...frame, fit: 'cover' });
    }
    const { data, info } = await scaled
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { pixels: data, height: info.height, width: info.width };
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** Whether an image has no colours, as far as its header says. */
export async function isGrey(file: string): Promise<boolean> {
  const sharp = await loadSharp();
  const bytes = await readFile(file);
  try {
    const { space } = await sharp(bytes).metadata();
    return space === 'b-w' || space === 'grey16';
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): FormatError {
  const [reason] = (error instanceof Error ? error.message : String(error)).trim().split('\n');
  return new FormatError(
    `${file} cannot be read as an image (${reason}); expected a whole PNG, JPEG or WebP file.`,
    {
      file,
      got: reason,
      expected: 'PNG, JPEG or WebP',
    },
  );
}

let loading: Promise<typeof Sharp> | undefined;

/** Only who reads image files needs the native library behind it. */
function loadSharp(): Promise<typeof Sharp> {
  loading ??= import('sharp').then(
    ({ default: sharp }) => {
      // Many images are in work at once, so one thread for each is best, and none is read twice.
      sharp.concurrency(1);
      sharp.cache(false);
      return sharp;
    },
    (error: Error) => {
      throw new TenfoldError(
        `the package sharp, which reads images, does not start (${error.message.trim().split('\n')[0]}); ` +
          'install it with npm ci.',
      );
    },
  );
  return loading;
}
