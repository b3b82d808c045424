/** max(x, 0) as a layer. */

import { relu } from '../ops/relu.js';
import { Activate } from './_activate.js';

export class ReLU extends Activate {
  constructor() {
    super(relu);
  }
}
