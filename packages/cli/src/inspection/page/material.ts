import type { analysis } from 'tenfold';
import type { Measurements } from '../measurements.js';

/** What the sections of the page draw from. */
export interface Material extends Measurements {
  readonly name: string;
  readonly examination: analysis.Examination;
}
