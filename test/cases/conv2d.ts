import { type Conv2dOptions, conv2d } from 'tenfold';
import type { Case } from './_case.js';
import { epilogueOf, followerInputs, followers } from './_epilogue.js';

interface Convolution {
  readonly name: string;
  readonly x: readonly number[];
  readonly weight: readonly number[];
  readonly bias?: true;
  readonly options?: Conv2dOptions;
  readonly output: readonly number[];
  /** The inputs that want no gradient. */
  readonly frozen?: readonly string[];
}

const dense: readonly Convolution[] = [
  { name: '3x3', x: [1, 6, 9, 3], weight: [4, 3, 3, 3], bias: true, output: [1, 4, 7, 4] },
  {
    name: '3x3, padded to keep the size',
    x: [2, 7, 10, 5],
    weight: [6, 5, 3, 3],
    bias: true,
    options: { padding: 1 },
    output: [2, 7, 10, 6],
  },
  {
    name: 'every pair differs',
    x: [2, 11, 14, 3],
    weight: [5, 3, 3, 2],
    options: { stride: [2, 3], padding: [2, 1], dilation: [1, 2] },
    output: [2, 7, 5, 5],
  },
  {
    name: 'dilation differs',
    x: [1, 13, 10, 4],
    weight: [3, 4, 3, 3],
    options: { padding: [3, 1], dilation: [3, 2] },
    output: [1, 13, 8, 3],
  },
  {
    name: 'dilated beyond the image',
    x: [3, 7, 9, 8],
    weight: [12, 8, 3, 3],
    bias: true,
    options: { padding: [8, 6], dilation: [8, 6] },
    output: [3, 7, 9, 12],
  },
  {
    name: 'padded on a small image',
    x: [5, 6, 7, 4],
    weight: [10, 4, 5, 5],
    bias: true,
    options: { padding: 2 },
    output: [5, 6, 7, 10],
  },
  {
    name: 'padded beyond the kernel, with stride',
    x: [4, 9, 8, 8],
    weight: [9, 8, 3, 2],
    bias: true,
    options: { padding: [4, 3], stride: [2, 1] },
    output: [4, 8, 13, 9],
  },
  {
    name: 'two taps, three floats apart',
    x: [1, 3, 8, 1],
    weight: [3, 1, 1, 2],
    options: { dilation: [1, 3] },
    output: [1, 3, 5, 3],
  },
  {
    name: 'dilated and strided',
    x: [2, 12, 9, 3],
    weight: [4, 3, 2, 3],
    bias: true,
    options: { stride: [2, 1], padding: [0, 2], dilation: [3, 2] },
    output: [2, 5, 9, 4],
  },
  { name: '1x1', x: [2, 5, 7, 6], weight: [9, 6, 1, 1], bias: true, output: [2, 5, 7, 9] },
  {
    name: '1x1 with stride',
    x: [1, 7, 9, 5],
    weight: [8, 5, 1, 1],
    options: { stride: [3, 2] },
    output: [1, 3, 5, 8],
  },
  {
    name: '1x1 with padding',
    x: [1, 4, 3, 3],
    weight: [2, 3, 1, 1],
    bias: true,
    options: { padding: [1, 2] },
    output: [1, 6, 7, 2],
  },
  {
    name: 'one channel to one',
    x: [1, 8, 5, 1],
    weight: [1, 1, 3, 3],
    options: { padding: 1 },
    output: [1, 8, 5, 1],
  },
  {
    name: 'one channel to seven',
    x: [2, 9, 8, 1],
    weight: [7, 1, 5, 3],
    bias: true,
    options: { padding: [2, 0] },
    output: [2, 9, 6, 7],
  },
  {
    name: 'seven channels to one',
    x: [2, 6, 9, 7],
    weight: [1, 7, 3, 5],
    bias: true,
    options: { padding: [0, 2] },
    output: [2, 4, 9, 1],
  },
  {
    name: 'a row as kernel',
    x: [1, 5, 12, 4],
    weight: [6, 4, 1, 7],
    options: { padding: [0, 3] },
    output: [1, 5, 12, 6],
  },
  {
    name: 'a column as kernel',
    x: [1, 12, 5, 4],
    weight: [6, 4, 7, 1],
    options: { padding: [3, 0] },
    output: [1, 12, 5, 6],
  },
  {
    name: 'kernel larger than the image',
    x: [2, 3, 4, 3],
    weight: [4, 3, 7, 5],
    options: { padding: [3, 2] },
    output: [2, 3, 4, 4],
  },
  {
    name: 'padding beyond the reach of the kernel',
    x: [1, 4, 3, 2],
    weight: [3, 2, 3, 2],
    bias: true,
    options: { padding: [4, 3] },
    output: [1, 10, 8, 3],
  },
  {
    name: "'same' with even sides",
    x: [1, 6, 7, 3],
    weight: [4, 3, 2, 4],
    options: { padding: 'same' },
    output: [1, 6, 7, 4],
  },
  {
    name: "'same', dilated",
    x: [1, 7, 6, 3],
    weight: [2, 3, 4, 2],
    bias: true,
    options: { padding: 'same', dilation: [2, 3] },
    output: [1, 7, 6, 2],
  },
  {
    name: 'several images of odd sides, with stride',
    x: [2, 13, 11, 5],
    weight: [7, 5, 3, 3],
    bias: true,
    options: { stride: 2, padding: 1 },
    output: [2, 7, 6, 7],
  },
  {
    name: 'stride beyond the image',
    x: [2, 1, 1, 3],
    weight: [4, 3, 2, 3],
    options: { stride: [3, 2], padding: 1 },
    output: [2, 1, 1, 4],
  },
  {
    name: 'stride beyond the kernel',
    x: [1, 11, 13, 3],
    weight: [4, 3, 2, 3],
    options: { stride: [3, 4] },
    output: [1, 4, 3, 4],
  },
  {
    name: 'last pixels that no window reads',
    x: [1, 8, 9, 2],
    weight: [3, 2, 3, 2],
    options: { stride: [2, 3] },
    output: [1, 3, 3, 3],
  },
  { name: 'images of one pixel', x: [3, 1, 1, 13], weight: [9, 13, 1, 1], bias: true, output: [3, 1, 1, 9] },
  { name: 'few pixels', x: [2, 2, 4, 20], weight: [6, 20, 1, 1], output: [2, 2, 4, 6] },
  { name: 'few pixels, the most', x: [1, 4, 4, 11], weight: [7, 11, 1, 1], bias: true, output: [1, 4, 4, 7] },
  {
    name: 'few pixels, long',
    x: [1, 2, 3, 2571],
    weight: [15, 2571, 1, 1],
    bias: true,
    output: [1, 2, 3, 15],
  },
  {
    name: 'few pixels to many',
    x: [5, 1, 1, 131],
    weight: [279, 131, 1, 1],
    bias: true,
    output: [5, 1, 1, 279],
  },
  { name: 'more than few pixels', x: [1, 1, 17, 11], weight: [7, 11, 1, 1], output: [1, 1, 17, 7] },
  {
    name: 'images of one pixel, 3x3',
    x: [2, 1, 1, 5],
    weight: [4, 5, 3, 3],
    options: { padding: 1 },
    output: [2, 1, 1, 4],
  },
  {
    name: 'a tall image',
    x: [1, 70, 3, 4],
    weight: [5, 4, 3, 3],
    options: { padding: 1 },
    output: [1, 70, 3, 5],
  },
  {
    name: 'a wide image',
    x: [1, 3, 70, 4],
    weight: [5, 4, 3, 3],
    options: { padding: 1 },
    output: [1, 3, 70, 5],
  },
  { name: 'a batch of none', x: [0, 5, 6, 3], weight: [4, 3, 3, 3], bias: true, output: [0, 3, 4, 4] },
];

const grouped: readonly Convolution[] = [
  {
    name: 'groups',
    x: [2, 7, 6, 6],
    weight: [9, 2, 3, 3],
    bias: true,
    options: { padding: 1, groups: 3 },
    output: [2, 7, 6, 9],
  },
  {
    name: 'groups with stride, one output channel each',
    x: [1, 9, 8, 8],
    weight: [4, 2, 3, 2],
    options: { stride: [2, 1], padding: [1, 0], groups: 4 },
    output: [1, 5, 7, 4],
  },
  {
    name: 'groups, dilated',
    x: [2, 9, 7, 10],
    weight: [6, 5, 2, 3],
    options: { padding: [1, 3], dilation: [2, 3], groups: 2 },
    output: [2, 9, 7, 6],
  },
  {
    name: '1x1 groups',
    x: [2, 4, 5, 12],
    weight: [10, 6, 1, 1],
    options: { groups: 2 },
    output: [2, 4, 5, 10],
  },
  {
    name: 'depthwise',
    x: [2, 9, 8, 7],
    weight: [7, 1, 3, 3],
    bias: true,
    options: { padding: 1, groups: 7 },
    output: [2, 9, 8, 7],
  },
  {
    name: 'depthwise, every pair differs',
    x: [1, 13, 12, 5],
    weight: [5, 1, 3, 5],
    options: { stride: [1, 2], padding: [2, 1], dilation: [2, 1], groups: 5 },
    output: [1, 13, 5, 5],
  },
  {
    name: 'depthwise 5x3 with stride',
    x: [1, 11, 9, 6],
    weight: [6, 1, 5, 3],
    options: { stride: [3, 2], padding: [2, 0], groups: 6 },
    output: [1, 4, 4, 6],
  },
  {
    name: 'depthwise, kernel larger than the image',
    x: [2, 2, 3, 5],
    weight: [5, 1, 5, 7],
    options: { padding: [2, 3], groups: 5 },
    output: [2, 2, 3, 5],
  },
  {
    name: 'depthwise, padding beyond the reach of the kernel',
    x: [1, 3, 4, 4],
    weight: [4, 1, 2, 3],
    options: { padding: [3, 4], groups: 4 },
    output: [1, 8, 10, 4],
  },
  {
    name: 'depthwise 1x1',
    x: [2, 3, 5, 6],
    weight: [6, 1, 1, 1],
    options: { groups: 6 },
    output: [2, 3, 5, 6],
  },
  {
    name: 'depthwise with two outputs per channel',
    x: [2, 6, 8, 3],
    weight: [6, 1, 3, 3],
    bias: true,
    options: { padding: [1, 0], groups: 3 },
    output: [2, 6, 6, 6],
  },
  {
    name: 'depthwise, a batch of none',
    x: [0, 5, 6, 3],
    weight: [3, 1, 3, 3],
    options: { groups: 3 },
    output: [0, 3, 4, 3],
  },
];

/** Groups of at most four outputs, and input channels in fours, whose weight gradient has a kernel of its own. */
const foursInGroups: readonly Convolution[] = [
  {
    name: 'fours in groups',
    x: [2, 11, 13, 16],
    weight: [16, 4, 3, 3],
    bias: true,
    options: { padding: 1, groups: 4 },
    output: [2, 11, 13, 16],
  },
  {
    name: 'fours in groups, three outputs, every pair differs',
    x: [1, 12, 15, 24],
    weight: [9, 8, 3, 2],
    bias: true,
    options: { stride: [2, 1], padding: [0, 2], dilation: [1, 2], groups: 3 },
    output: [1, 5, 17, 9],
  },
  {
    name: 'fours in groups, two outputs',
    x: [1, 9, 8, 8],
    weight: [4, 4, 2, 3],
    bias: true,
    options: { stride: [1, 2], groups: 2 },
    output: [1, 8, 3, 4],
  },
  {
    name: 'fours in groups, one output, without padding',
    x: [2, 5, 7, 12],
    weight: [3, 4, 1, 1],
    options: { groups: 3 },
    output: [2, 5, 7, 3],
  },
  {
    name: 'fours in groups, several in one block',
    x: [2, 19, 23, 40],
    weight: [40, 4, 3, 3],
    bias: true,
    options: { padding: 1, groups: 10 },
    output: [2, 19, 23, 40],
  },
  {
    name: 'fours in groups, a batch of none',
    x: [0, 5, 6, 8],
    weight: [8, 4, 3, 3],
    options: { groups: 2 },
    output: [0, 3, 4, 8],
  },
];

/** To or from so few channels that they do not fill a register tile, by sums of more than one chunk. */
const narrow: readonly Convolution[] = [
  { name: '1x1 to ten', x: [1, 7, 6, 300], weight: [10, 300, 1, 1], bias: true, output: [1, 7, 6, 10] },
  { name: '1x1 to three', x: [1, 5, 9, 264], weight: [3, 264, 1, 1], bias: true, output: [1, 5, 9, 3] },
  { name: '1x1 to two, no fours', x: [1, 5, 7, 290], weight: [2, 290, 1, 1], output: [1, 5, 7, 2] },
  { name: '1x1 from four', x: [1, 7, 9, 4], weight: [140, 4, 1, 1], output: [1, 7, 9, 140] },
  {
    name: '5x5 from one',
    x: [2, 11, 9, 1],
    weight: [36, 1, 5, 5],
    bias: true,
    options: { padding: [2, 0] },
    output: [2, 11, 5, 36],
  },
  {
    name: '3x3 from three, with stride',
    x: [2, 13, 10, 3],
    weight: [40, 3, 3, 3],
    options: { stride: 2, padding: 1 },
    output: [2, 7, 5, 40],
  },
  {
    name: '1x1 groups, several in one block',
    x: [3, 17, 14, 40],
    weight: [72, 5, 1, 1],
    bias: true,
    options: { groups: 8 },
    output: [3, 17, 14, 72],
  },
  {
    name: '1x1 groups with stride, several in one block',
    x: [1, 25, 27, 96],
    weight: [40, 12, 1, 1],
    options: { stride: [1, 2], groups: 8 },
    output: [1, 25, 14, 40],
  },
];

/** Sizes beyond the blocks that vector lanes and threads work on, and no multiples of them. */
const large: readonly Convolution[] = [
  {
    name: 'large 3x3',
    x: [1, 20, 29, 33],
    weight: [37, 33, 3, 3],
    bias: true,
    options: { padding: 1 },
    output: [1, 20, 29, 37],
  },
  {
    name: 'large 3x3 with stride',
    x: [2, 21, 26, 17],
    weight: [65, 17, 3, 3],
    options: { stride: [2, 1], padding: [1, 0] },
    output: [2, 11, 24, 65],
  },
  { name: 'large 1x1', x: [2, 23, 21, 67], weight: [41, 67, 1, 1], output: [2, 23, 21, 41] },
  {
    name: 'large dilated',
    x: [1, 22, 25, 34],
    weight: [35, 34, 3, 3],
    options: { padding: 2, dilation: 2 },
    output: [1, 22, 25, 35],
  },
  {
    name: 'large 7x7 of three channels',
    x: [1, 37, 46, 3],
    weight: [33, 3, 7, 7],
    options: { stride: 2, padding: 3 },
    output: [1, 19, 23, 33],
  },
  { name: 'large images, few channels', x: [3, 33, 40, 3], weight: [6, 3, 3, 3], output: [3, 31, 38, 6] },
  {
    name: 'large groups',
    x: [1, 20, 21, 40],
    weight: [36, 10, 3, 3],
    options: { padding: 1, groups: 4 },
    output: [1, 20, 21, 36],
  },
  {
    name: 'large depthwise',
    x: [2, 23, 30, 43],
    weight: [43, 1, 3, 3],
    bias: true,
    options: { padding: 1, groups: 43 },
    output: [2, 23, 30, 43],
  },
  {
    name: 'large depthwise 5x5 with stride',
    x: [1, 27, 30, 37],
    weight: [37, 1, 5, 5],
    options: { stride: 2, padding: 2, groups: 37 },
    output: [1, 14, 15, 37],
  },
  {
    name: 'large depthwise, rows in stretches',
    x: [1, 5, 31, 128],
    weight: [128, 1, 3, 3],
    bias: true,
    options: { padding: 1, groups: 128 },
    output: [1, 5, 31, 128],
  },
  {
    name: 'large depthwise with stride 2, rows in stretches',
    x: [1, 4, 66, 64],
    weight: [64, 1, 3, 3],
    options: { stride: 2, padding: 1, groups: 64 },
    output: [1, 2, 33, 64],
  },
  {
    name: 'large depthwise with stride 2, without padding',
    x: [2, 12, 25, 22],
    weight: [22, 1, 3, 3],
    bias: true,
    options: { stride: 2, groups: 22 },
    output: [2, 5, 12, 22],
  },
  {
    name: 'large depthwise with stride 2, a column that no tap reads',
    x: [2, 12, 26, 21],
    weight: [21, 1, 3, 3],
    options: { stride: 2, groups: 21 },
    output: [2, 5, 12, 21],
  },
  {
    name: 'large depthwise with stride 2, dilated in height alone',
    x: [1, 13, 16, 18],
    weight: [18, 1, 3, 3],
    options: { stride: 2, padding: 1, dilation: [2, 1], groups: 18 },
    output: [1, 6, 8, 18],
  },
  {
    name: 'large depthwise, a single column between paddings',
    x: [2, 7, 2, 19],
    weight: [19, 1, 3, 3],
    options: { padding: [0, 1], groups: 19 },
    output: [2, 5, 2, 19],
  },
  {
    name: 'large depthwise, wide paddings',
    x: [1, 6, 9, 17],
    weight: [17, 1, 3, 3],
    options: { padding: [1, 3], groups: 17 },
    output: [1, 6, 13, 17],
  },
];

/** Dense 3x3 with stride 1, large enough for Winograd's method in all directions; sides are no multiples of its tiles. */
const byWinograd: readonly Convolution[] = [
  {
    name: 'Winograd, odd channels',
    x: [2, 15, 14, 19],
    weight: [21, 19, 3, 3],
    bias: true,
    options: { padding: 1 },
    output: [2, 15, 14, 21],
  },
  {
    name: 'Winograd, paddings differ',
    x: [1, 18, 13, 18],
    weight: [16, 18, 3, 3],
    options: { padding: [0, 2] },
    output: [1, 16, 15, 16],
  },
  {
    name: 'Winograd, padding beyond the reach of the kernel',
    x: [1, 15, 12, 16],
    weight: [24, 16, 3, 3],
    bias: true,
    options: { padding: [3, 5] },
    output: [1, 19, 20, 24],
  },
  {
    name: 'Winograd, dilations differ and divide no side',
    x: [1, 23, 25, 20],
    weight: [17, 20, 3, 3],
    bias: true,
    options: { padding: [2, 3], dilation: [2, 3] },
    output: [1, 23, 25, 17],
  },
  {
    name: 'Winograd, dilated without padding',
    x: [2, 35, 36, 16],
    weight: [16, 16, 3, 3],
    options: { dilation: 2 },
    output: [2, 31, 32, 16],
  },
  {
    name: 'Winograd, many tiles',
    x: [3, 31, 33, 8],
    weight: [16, 8, 3, 3],
    bias: true,
    options: { padding: 1 },
    output: [3, 31, 33, 16],
  },
  {
    name: 'Winograd, a batch of none',
    x: [0, 12, 12, 24],
    weight: [24, 24, 3, 3],
    bias: true,
    options: { padding: 1 },
    output: [0, 12, 12, 24],
  },
];

/** As in a network's first layer, in one whose weights are frozen, and in one where only the bias is tuned. */
const partlyFrozen: readonly Convolution[] = [
  {
    name: 'the gradient of the weight alone',
    x: [2, 6, 5, 3],
    weight: [4, 3, 3, 2],
    bias: true,
    output: [2, 4, 4, 4],
    frozen: ['x', 'bias'],
  },
  {
    name: 'the gradient of x alone',
    x: [2, 6, 5, 3],
    weight: [4, 3, 3, 2],
    output: [2, 4, 4, 4],
    frozen: ['weight'],
  },
  {
    name: 'the gradient of the bias alone',
    x: [2, 6, 5, 3],
    weight: [4, 3, 3, 2],
    bias: true,
    output: [2, 4, 4, 4],
    frozen: ['x', 'weight'],
  },
];

/** Each way to compute a convolution, and its results in several blocks. */
const ways: readonly Convolution[] = [
  {
    name: 'dilated on a small image',
    x: [3, 5, 6, 8],
    weight: [9, 8, 3, 3],
    options: { padding: 2, dilation: 2 },
    output: [3, 5, 6, 9],
  },
  { name: 'direct', x: [2, 9, 11, 5], weight: [13, 5, 3, 2], options: { stride: 2 }, output: [2, 4, 5, 13] },
  // Five panels of weights, which four blocks share: one has none.
  { name: '1x1', x: [1, 9, 25, 7], weight: [36, 7, 1, 1], output: [1, 9, 25, 36] },
  { name: 'few pixels', x: [1, 2, 7, 700], weight: [27, 700, 1, 1], output: [1, 2, 7, 27] },
  {
    name: 'grouped',
    x: [1, 8, 10, 12],
    weight: [18, 4, 3, 3],
    options: { groups: 3, padding: 1 },
    output: [1, 8, 10, 18],
  },
  {
    name: 'depthwise',
    x: [2, 7, 9, 11],
    weight: [11, 1, 3, 3],
    options: { groups: 11, padding: 1 },
    output: [2, 7, 9, 11],
  },
  {
    name: 'Winograd',
    x: [1, 17, 13, 24],
    weight: [27, 24, 3, 3],
    options: { padding: 1 },
    output: [1, 17, 13, 27],
  },
  {
    name: 'Winograd in small blocks, dilated',
    x: [1, 34, 30, 16],
    weight: [18, 16, 3, 3],
    options: { padding: 2, dilation: 2 },
    output: [1, 34, 30, 18],
  },
];

const followed: readonly Case[] = ways.flatMap(({ name, x, weight, options, output }) =>
  followers.flatMap((follower) =>
    [false, ...(follower.name === 'bias, norm, residual, relu' ? [true] : [])].map((gradient) => ({
      name: `${name}, then ${follower.name}${gradient ? ', with gradients' : ''}`,
      inputs: {
        x: { shape: x, gradient },
        weight: { shape: weight, gradient },
        ...(follower.bias && { bias: { shape: [weight[0]!], gradient } }),
        ...followerInputs(follower, output, gradient),
      },
      apply: (inputs) =>
        conv2d(inputs.x!, inputs.weight!, inputs.bias, {
          ...options,
          epilogue: epilogueOf(follower, inputs),
        }),
      output,
      // Among so many elements some are at the kink.
      smooth: false,
    })),
  ),
);

const alone = [
  ...dense,
  ...grouped,
  ...foursInGroups,
  ...narrow,
  ...large,
  ...byWinograd,
  ...partlyFrozen,
].map(
  ({ name, x, weight, bias, options, output, frozen = [] }): Case => ({
    name,
    inputs: {
      x: { shape: x, gradient: !frozen.includes('x') },
      weight: { shape: weight, gradient: !frozen.includes('weight') },
      ...(bias && { bias: { shape: [weight[0]!], gradient: !frozen.includes('bias') } }),
    },
    apply: (inputs) => conv2d(inputs.x!, inputs.weight!, inputs.bias, options),
    output,
  }),
);

export const cases: readonly Case[] = [...alone, ...followed];
