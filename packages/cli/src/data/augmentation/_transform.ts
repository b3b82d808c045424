import type { Draws } from './_draws.js';
import type { Grid } from './_grid.js';

/** The size of each image. */
export interface Frame {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** A number that the spec gives after the transform's name. */
export interface Parameter {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly whole?: boolean;
  /** Without one, the spec must give the number. */
  readonly fallback?: number;
}

/** A random change to a picture, by what it changes: its bytes, or the places where they are taken from. */
export type Transform = Described & (ChangesBytes | MovesPixels);

interface Described {
  readonly parameters: readonly Parameter[];
  /** What else must hold between the parameters: the end of a sentence if it does not. */
  readonly rule?: (values: readonly number[]) => string | undefined;
}

/** For images of one size; `values` are the parameters in order. */
type Prepare<Change> = (values: readonly number[], frame: Frame) => Change;

export interface ChangesBytes {
  readonly change: Prepare<ByteChange>;
}

export interface MovesPixels {
  readonly move: Prepare<Move>;
}

/** Changes one image: returns `target`, filled, or `source` itself if there is nothing to change. */
export type ByteChange = (source: Uint8Array, target: Uint8Array, draws: Draws) => Uint8Array;

/** Moves the places of one image. Moves in a row share one grid, so that the image is resampled, and blurred, once. */
export type Move = (grid: Grid, draws: Draws) => void;
