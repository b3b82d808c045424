import { encode } from 'fast-png';

/** Pixels row by row, one byte per channel. */
export interface Picture {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** 1: grey, 2: grey and opacity, 3: red, green and blue, 4: with opacity. */
  readonly channels: number;
}

/** The picture as a PNG that a page can carry inside. */
export function pictureUrl({ pixels, width, height, channels }: Picture): string {
  const png = encode({ data: pixels, width, height, channels, depth: 8 });
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}
