import type { analysis } from 'tenfold';

/** What was found by running the network, if that was asked for. */
export interface Measurements {
  /** Milliseconds of each layer. */
  readonly times?: readonly number[] | undefined;
  readonly effectiveField?: analysis.EffectiveReceptiveField | undefined;
}
