import { type PhiloxKey, philox, philoxKey } from 'tenfold';

/** Room for so many blocks of four numbers in the stream of each image. */
const blocksPerImage = 0x1000000;

/**
 * The random numbers of one transform. Each is a pure function of seed, purpose, epoch, image and how many were drawn
 * before it for the same image; so an image is augmented alike on any thread and in any order.
 */
export class Draws {
  #key: PhiloxKey;
  #block = 0;
  #position = 4;
  readonly #words = new Uint32Array(4);

  constructor(seed: number, purpose: string) {
    this.#key = philoxKey({ seed, purpose });
  }

  /** Turns to the numbers of an image. */
  start(epoch: number, image: number): void {
    if (this.#key.step !== epoch >>> 0) this.#key = { ...this.#key, step: epoch >>> 0 };
    this.#block = image * blocksPerImage;
    this.#position = 4;
  }

  /** 32 random bits. */
  word(): number {
    if (this.#position === 4) {
      philox(this.#key, this.#block++, this.#words);
      this.#position = 0;
    }
    return this.#words[this.#position++]!;
  }

  /** A number from `low` to below `high`. */
  uniform(low: number, high: number): number {
    return low + (high - low) * (this.word() / 0x100000000);
  }

  /** A whole number from 0 to `count` - 1. */
  below(count: number): number {
    return Math.floor(count * (this.word() / 0x100000000));
  }
}
