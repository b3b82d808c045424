/** Channel shuffle (ShuffleNet) as a layer; the formula is in ops/channel-shuffle.ts. */

import { channelShuffle } from '../ops/channel-shuffle.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkCount } from './_check.js';
import { Module } from './module.js';

export class ChannelShuffle extends Module {
  readonly groups: number;

  /** @throws OptionError unless groups is a whole number from 1 up. */
  constructor(groups: number) {
    super();
    checkCount('ChannelShuffle', 'groups', groups);
    this.groups = groups;
  }

  /** [..., C] to [..., C]. */
  forward(x: Tensor): Tensor {
    return channelShuffle(x, { groups: this.groups });
  }
}
