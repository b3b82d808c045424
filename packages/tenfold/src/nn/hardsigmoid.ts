/** The sigmoid of straight lines as a layer; see ops/hardsigmoid.ts. */

import { hardsigmoid } from '../ops/hardsigmoid.js';
import { Activate } from './_activate.js';

export class Hardsigmoid extends Activate {
  constructor() {
    super(hardsigmoid);
  }
}
