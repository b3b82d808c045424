/** x * sigmoid(x) as a layer; see ops/silu.ts. */

import { silu } from '../ops/silu.js';
import { Activate } from './_activate.js';

export class SiLU extends Activate {
  constructor() {
    super(silu);
  }
}
