/**
 * Bottleneck: a 1x1 convolution reduces the channels, a 3x3 works on the few, a 1x1 expands them again (Lin, Chen and
 * Yan 2014, "Network in network", section 3.1, for the 1x1; Szegedy et al. 2015, section 4, for reducing before an
 * expensive convolution; He et al. 2016, section 4.1 and figure 5, for reduce and expand).
 *
 *   x [N, H, W, C] to [N, H', W', O] by way of B channels, kernel K x K, stride in the K x K
 *   parameters C B + K^2 B^2 + B O (+ 2 (2 B + O) of the normalisations)
 *   multiply-accumulates C B H W + (K^2 B^2 + B O) H' W'
 *
 * 256 to 64 to 64 to 256: 69,632 weights where a 3x3 of 256 to 256 has 589,824. Differs from He et al.: there is no
 * skip connection here; `Bottleneck` in residual.ts has it.
 */

import { Sequential } from '../nn/sequential.js';
import type { Pair } from '../ops/_window.js';
import { convStack, type StackOptions } from './_conv-stack.js';
import { centred } from './_parts.js';

export interface BottleneckStackOptions extends StackOptions {
  /** @default 3 */
  readonly kernelSize?: Pair;
  /** Of the middle convolution. @default 1 */
  readonly stride?: Pair;
  /** Of the middle convolution. @default 1 */
  readonly groups?: number;
}

/** Parameters: conv1 and bn1 (reduce), conv2 and bn2, conv3 and bn3 (expand). */
export class BottleneckStack extends Sequential {
  /** @throws OptionError for impossible channels, kernel size, stride or groups. */
  constructor(
    inChannels: number,
    width: number,
    outChannels: number,
    { kernelSize = 3, stride = 1, groups = 1, ...options }: BottleneckStackOptions = {},
  ) {
    const padding = centred('BottleneckStack', kernelSize);
    const layers = [
      { inChannels, outChannels: width, kernelSize: 1 },
      { inChannels: width, outChannels: width, kernelSize, padding, stride, groups },
      { inChannels: width, outChannels, kernelSize: 1 },
    ];
    super(convStack(layers, options));
  }
}
