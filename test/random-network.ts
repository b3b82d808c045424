/** Small networks at random: branches, 1xk and kx1 kernels, strides, dilation, groups, shuffles, splits, skips, even kernels. */

import {
  add,
  avgPool2d,
  channelShuffle,
  concat,
  interpolate,
  Module,
  maxPool2d,
  nn,
  pad,
  relu,
  slice,
  split,
  type Tensor,
} from 'tenfold';

type Shape = readonly [height: number, width: number, channels: number];
type Layer = (x: Tensor) => Tensor;

export interface RandomNetworkOptions {
  /** One channel between all layers, and nothing whose weights are no whole numbers or that is no sum. @default false */
  readonly countable?: boolean;
  /** Whether pools may be of the maximum, whose gradient goes to one pixel alone. @default true */
  readonly maxima?: boolean;
}

/** The same network for the same seed. */
export class RandomNetwork extends Module {
  readonly parts: Module[] = [];
  readonly steps: string[] = [];
  readonly inputShape: Shape;
  readonly #layers: Layer[] = [];
  #state: number;
  #shape: Shape;

  constructor(
    seed: number,
    readonly kinds: RandomNetworkOptions = {},
  ) {
    super();
    this.#state = seed * 2654435761 + 1;
    const channels = kinds.countable ? 1 : this.#pick([1, 2, 3, 4]);
    this.inputShape = this.#shape = [this.#pick([6, 7, 8]), this.#pick([6, 7, 8]), channels];
    const depth = this.#pick([2, 3, 4, 5]);
    while (this.#layers.length < depth) this.#grow();
  }

  forward(x: Tensor): Tensor {
    return this.#layers.reduce((y, layer) => layer(y), x);
  }

  /** Mulberry32. */
  #random(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  #pick<Item>(items: readonly Item[]): Item {
    return items[Math.floor(this.#random() * items.length)]!;
  }

  #pair(items: readonly number[]): readonly [number, number] {
    return [this.#pick(items), this.#pick(items)];
  }

  #own<Part extends Module>(part: Part): Part {
    this.parts.push(part);
    return part;
  }

  #grow(): void {
    const plain = ['conv', 'conv', 'conv', 'branches', 'skip', 'cross'];
    const channelwise = ['shuffle', 'split', 'split', 'slice'];
    const resizing = ['strided', 'strided', 'pool', 'grow', 'transposed', 'crop'];
    const { countable = false } = this.kinds;
    const names = [...plain, ...(countable ? [] : channelwise), ...resizing];
    const name = this.#pick(names);
    const made = this.#layer(name);
    if (made === undefined) return;
    this.steps.push(name);
    this.#layers.push(made);
  }

  #layer(name: string): Layer | undefined {
    switch (name) {
      case 'conv':
        return this.#same(this.#width(), this.#pair([1, 2, 3]), this.#pair([1, 1, 2]));
      case 'cross':
        return this.#cross();
      case 'branches':
        return this.#branches();
      case 'skip':
        return this.#skip();
      case 'shuffle':
        return this.#shuffle();
      case 'split':
        return this.#split();
      case 'slice':
        return this.#slice();
      case 'strided':
        return this.#strided();
      case 'pool':
        return this.#pool();
      case 'grow':
        return this.#upsample();
      case 'transposed':
        return this.#transposed();
      default:
        return this.#crop();
    }
  }

  #width(): number {
    return this.kinds.countable ? 1 : this.#pick([1, 2, 4]);
  }

  /** A convolution that keeps the size, so that branches and skips fit; kernels may be even and the sides differ. */
  #same(outChannels: number, kernel: readonly [number, number], dilation: readonly [number, number]): Layer {
    const [height, width, channels] = this.#shape;
    const groups = this.#pick(
      [1, 2, 4].filter((count) => channels % count === 0 && outChannels % count === 0),
    );
    const options = { padding: 'same', dilation, groups, bias: false } as const;
    const conv = this.#own(new nn.Conv2d(channels, outChannels, kernel, options));
    this.#shape = [height, width, outChannels];
    const hasRelu = this.#random() < 0.3;
    return (x) => (hasRelu ? relu(conv.forward(x)) : conv.forward(x));
  }

  /** A 1xk and a kx1 convolution, summed: no product of two axes. */
  #cross(): Layer {
    const shape = this.#shape;
    const side = this.#pick([2, 3]);
    const rate = this.#pick([1, 2]);
    const row = this.#same(shape[2], [1, side], [1, rate]);
    this.#shape = shape;
    const column = this.#same(shape[2], [side, 1], [rate, 1]);
    return (x) => add(row(x), column(x));
  }

  #branches(): Layer {
    const shape = this.#shape;
    const layers = Array.from({ length: this.#pick([2, 3]) }, () => {
      this.#shape = shape;
      return this.#same(this.#width(), this.#pair([1, 2, 3]), this.#pair([1, 2]));
    });
    // Back to few channels: the widths of the branches add up.
    const joined = (x: Tensor) => concat(layers.map((layer) => layer(x)));
    const total = this.parts
      .slice(-layers.length)
      .reduce((sum, part) => sum + (part as nn.Conv2d).outChannels, 0);
    this.#shape = [shape[0], shape[1], total];
    const merge = this.#same(this.#width(), [1, 1], [1, 1]);
    return (x) => merge(joined(x));
  }

  #skip(): Layer {
    const shape = this.#shape;
    const layer = this.#same(shape[2], this.#pair([1, 2, 3]), this.#pair([1, 2]));
    return (x) => add(x, layer(x));
  }

  #shuffle(): Layer | undefined {
    const [, , channels] = this.#shape;
    if (channels < 4) return undefined;
    return (x) => channelShuffle(x, { groups: 2 });
  }

  /** The unit of ShuffleNet v2: one half passes, the other is convolved, and then they are shuffled; or not. */
  #split(): Layer | undefined {
    const [height, width, channels] = this.#shape;
    if (channels < 2 || channels % 2 === 1) return undefined;
    this.#shape = [height, width, channels / 2];
    const layer = this.#same(channels / 2, this.#pair([1, 3]), [1, 1]);
    this.#shape = [height, width, channels];
    const shuffled = this.#random() < 0.5;
    return (x) => {
      const [first, second] = split(x, { sizes: channels / 2 });
      const y = concat([first!, layer(second!)]);
      return shuffled ? channelShuffle(y, { groups: 2 }) : y;
    };
  }

  /** One half of the channels: what was split and not shuffled is taken apart again. */
  #slice(): Layer | undefined {
    const [height, width, channels] = this.#shape;
    if (channels < 2) return undefined;
    const start = this.#pick([0, channels >> 1]);
    this.#shape = [height, width, channels >> 1];
    return (x) => slice(x, { axis: -1, start, end: start + (channels >> 1) });
  }

  #strided(): Layer | undefined {
    const [height, width, channels] = this.#shape;
    const kernel = this.#pair([1, 2, 3]);
    const stride = this.#pair([1, 2]);
    const padding = [this.#pick([0, 1]), this.#pick([0, 1])] as const;
    const out = (side: number, axis: 0 | 1) =>
      Math.floor((side + 2 * padding[axis] - kernel[axis]) / stride[axis]) + 1;
    if (out(height, 0) < 2 || out(width, 1) < 2) return undefined;
    const outChannels = this.#width();
    const conv = this.#own(new nn.Conv2d(channels, outChannels, kernel, { stride, padding, bias: false }));
    this.#shape = [out(height, 0), out(width, 1), outChannels];
    return (x) => conv.forward(x);
  }

  #pool(): Layer | undefined {
    const [height, width, channels] = this.#shape;
    if (this.kinds.countable || height < 4 || width < 4) return undefined;
    const options = { kernelSize: this.#pair([2, 3]), stride: 2, padding: this.#pick([0, 1]) };
    const out = (side: number, axis: 0 | 1) =>
      Math.floor((side + 2 * options.padding - options.kernelSize[axis]!) / 2) + 1;
    this.#shape = [out(height, 0), out(width, 1), channels];
    const isMax = this.#random() < 0.5 && this.kinds.maxima !== false;
    return (x) => (isMax ? maxPool2d(x, options) : avgPool2d(x, options));
  }

  #upsample(): Layer | undefined {
    const [height, width, channels] = this.#shape;
    if (height > 6 || width > 6) return undefined;
    this.#shape = [2 * height, 2 * width, channels];
    const mode = this.kinds.countable ? 'nearest' : this.#pick(['nearest', 'bilinear'] as const);
    return (x) => interpolate(x, { scaleFactor: 2, mode });
  }

  #transposed(): Layer | undefined {
    const [height, width, channels] = this.#shape;
    if (height > 6 || width > 6) return undefined;
    const kernel = this.#pick([1, 2, 3]);
    const outChannels = this.#width();
    const conv = this.#own(new nn.ConvTranspose2d(channels, outChannels, kernel, { stride: 2, bias: false }));
    this.#shape = [(height - 1) * 2 + kernel, (width - 1) * 2 + kernel, outChannels];
    return (x) => conv.forward(x);
  }

  /** A border that is added on one side, and a row that is cut off. */
  #crop(): Layer | undefined {
    const [height, width, channels] = this.#shape;
    if (height < 4) return undefined;
    const left = this.#pick([0, 1]);
    const start = this.#pick([0, 1]);
    this.#shape = [height - 1, width + left, channels];
    const rows = start === 0 ? { axis: 1, end: -1 } : { axis: 1, start: 1 };
    return (x) => slice(pad(x, { padding: [0, 0, left, 0] }), rows);
  }
}
