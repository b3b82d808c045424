// Four convolutions, the last two of which may be deformable, then a global average and a linear classifier.

import { BatchNorm2d, Conv2d, DeformableConv, flatten, globalAvgPool, Linear, Module, relu } from 'tenfold';

class Network extends Module {
  /** @param width Channels of the second and third convolution. */
  constructor({ deformable, width }) {
    super();
    const conv = (from, to, stride) => {
      const options = { stride, padding: 1, bias: false };
      return deformable ? new DeformableConv(from, to, options) : new Conv2d(from, to, 3, options);
    };
    this.conv1 = new Conv2d(1, 16, 3, { stride: 2, padding: 1, bias: false });
    this.bn1 = new BatchNorm2d(16);
    this.conv2 = new Conv2d(16, width, 3, { padding: 1, bias: false });
    this.bn2 = new BatchNorm2d(width);
    this.conv3 = conv(width, width, 1);
    this.bn3 = new BatchNorm2d(width);
    this.conv4 = conv(width, 64, 2);
    this.bn4 = new BatchNorm2d(64);
    this.fc = new Linear(64, 10);
  }

  /** Logits [N, 10] of pictures [N, 28, 28, 1]. */
  forward(x) {
    let y = relu(this.bn1.forward(this.conv1.forward(x)));
    y = relu(this.bn2.forward(this.conv2.forward(y)));
    y = relu(this.bn3.forward(this.conv3.forward(y)));
    y = relu(this.bn4.forward(this.conv4.forward(y)));
    return this.fc.forward(flatten(globalAvgPool(y)));
  }
}

/** What the arms differ in. 39 channels in place of 32 cost about as much as the convolutions that find offsets. */
export const arms = {
  plain: { deformable: false, width: 32 },
  'plain, equal multiply-accumulates': { deformable: false, width: 39 },
  'deformable, offsets frozen at 0': { deformable: true, width: 32, frozen: true },
  deformable: { deformable: true, width: 32 },
};

export const network = (arm) => new Network(arms[arm]);

const findsOffsets = ([name]) => name.includes('offset_conv');

/** Groups for the optimizer: what finds offsets learns at a tenth of the rate (Zhu et al. 2019), or not at all. */
export function parameterGroups(arm, model, lr) {
  const named = [...model.namedParameters()];
  const rest = named.filter((entry) => !findsOffsets(entry)).map(([, parameter]) => parameter);
  const offsets = named.filter(findsOffsets).map(([, parameter]) => parameter);
  if (offsets.length === 0 || arms[arm].frozen) return [{ parameters: rest }];
  return [{ parameters: rest }, { parameters: offsets, lr: lr / 10 }];
}
