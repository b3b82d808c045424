/** 1 / (1 + exp(-x)) as a layer. */

import { sigmoid } from '../ops/sigmoid.js';
import { Activate } from './_activate.js';

export class Sigmoid extends Activate {
  constructor() {
    super(sigmoid);
  }
}
