import type { CommonOptions } from './_publish.js';

/** What the networks for small devices have in common. */
export interface CompactOptions extends CommonOptions {
  /** Multiplies the channels of every layer; they become multiples of 8 (ShuffleNets: of their groups). @default 1 */
  readonly width?: number;
  /** For images of about 32x32: begins with a 3x3 that keeps their size, without pooling. */
  readonly smallImages?: boolean;
}

export interface DropoutOptions {
  /** The probability of dropping a feature before the last layer. */
  readonly dropout?: number;
}
