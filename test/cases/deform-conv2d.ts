import { type DeformConv2dOptions, deformConv2d, silu } from 'tenfold';
import type { Case } from './_case.js';
import { epilogueOf, followerInputs, followers } from './_epilogue.js';

interface Deformable {
  readonly name: string;
  readonly x: readonly number[];
  readonly weight: readonly number[];
  readonly output: readonly number[];
  /** @default 1 */
  readonly offsetGroups?: number;
  readonly masked?: true;
  readonly bias?: true;
  /** Offsets lie between minus and plus this many pixels. @default 1 */
  readonly reach?: number;
  readonly options?: Omit<DeformConv2dOptions, 'mask'>;
  /** The inputs that want no gradient. */
  readonly frozen?: readonly string[];
}

const deformables: readonly Deformable[] = [
  { name: 'version 1', x: [1, 6, 9, 3], weight: [4, 3, 3, 3], bias: true, output: [1, 4, 7, 4] },
  {
    name: 'version 2, padded to keep the size',
    x: [2, 7, 10, 5],
    weight: [6, 5, 3, 3],
    masked: true,
    bias: true,
    options: { padding: 1 },
    output: [2, 7, 10, 6],
  },
  {
    name: 'far outside the image',
    x: [2, 5, 4, 4],
    weight: [3, 4, 3, 3],
    masked: true,
    reach: 9,
    options: { padding: 1 },
    output: [2, 5, 4, 3],
  },
  {
    name: 'every pair differs',
    x: [2, 11, 14, 3],
    weight: [5, 3, 3, 2],
    masked: true,
    reach: 2,
    options: { stride: [2, 3], padding: [2, 1], dilation: [1, 2] },
    output: [2, 7, 5, 5],
  },
  {
    name: 'groups and other offset groups',
    x: [2, 6, 7, 12],
    weight: [9, 4, 3, 3],
    offsetGroups: 2,
    masked: true,
    bias: true,
    options: { padding: 1, groups: 3 },
    output: [2, 6, 7, 9],
  },
  {
    name: 'an offset group for every channel',
    x: [1, 5, 6, 5],
    weight: [4, 5, 2, 3],
    offsetGroups: 5,
    output: [1, 4, 4, 4],
  },
  { name: 'one tap', x: [1, 5, 7, 3], weight: [4, 3, 1, 1], masked: true, output: [1, 5, 7, 4] },
  {
    name: 'a batch of none',
    x: [0, 5, 6, 3],
    weight: [4, 3, 3, 3],
    masked: true,
    output: [0, 3, 4, 4],
  },
  {
    name: 'large, several chunks and bands',
    x: [2, 14, 19, 70],
    weight: [33, 70, 3, 3],
    masked: true,
    bias: true,
    reach: 2,
    options: { padding: 1 },
    output: [2, 14, 19, 33],
  },
  {
    name: 'large, two offset groups of odd size',
    x: [1, 12, 11, 74],
    weight: [10, 37, 3, 3],
    offsetGroups: 2,
    options: { padding: 1, groups: 2 },
    output: [1, 12, 11, 10],
  },
  {
    name: 'so many channels that the inner index of the weight gradient is divided within a tap',
    x: [1, 10, 4, 130],
    weight: [70, 130, 3, 3],
    masked: true,
    options: { padding: 1 },
    output: [1, 10, 4, 70],
  },
  {
    name: 'x alone wants a gradient',
    x: [1, 6, 9, 3],
    weight: [4, 3, 3, 3],
    masked: true,
    frozen: ['offset', 'weight', 'mask'],
    output: [1, 4, 7, 4],
  },
  {
    name: 'the offset alone wants a gradient',
    x: [1, 6, 9, 3],
    weight: [4, 3, 3, 3],
    frozen: ['x', 'weight'],
    output: [1, 4, 7, 4],
  },
  {
    name: 'the weight alone wants a gradient',
    x: [1, 6, 9, 3],
    weight: [4, 3, 3, 3],
    masked: true,
    frozen: ['x', 'offset', 'mask'],
    output: [1, 4, 7, 4],
  },
];

const alone = deformables.map(
  ({ name, x, weight, output, offsetGroups = 1, masked, bias, reach = 1, options, frozen = [] }): Case => {
    const taps = weight[2]! * weight[3]!;
    const input = (inputName: string, shape: readonly number[]) => ({
      [inputName]: { shape, gradient: !frozen.includes(inputName) },
    });
    return {
      name,
      inputs: {
        ...input('x', x),
        offset: {
          shape: [...output.slice(0, 3), 2 * offsetGroups * taps],
          values: { from: -reach, to: reach },
          gradient: !frozen.includes('offset'),
        },
        ...input('weight', weight),
        ...(masked && input('mask', [...output.slice(0, 3), offsetGroups * taps])),
        ...(bias && input('bias', [weight[0]!])),
      },
      apply: (inputs) =>
        deformConv2d(inputs.x!, inputs.offset!, inputs.weight!, inputs.bias, {
          ...options,
          ...(inputs.mask && { mask: inputs.mask }),
        }),
      output,
      // With so many offsets a step along all of them crosses some pixel, where the derivative jumps.
      smooth: output[1]! < 10,
    };
  },
);

const followed: readonly Case[] = followers.map((follower) => {
  const output = [2, 9, 8, 10];
  return {
    name: `then ${follower.name}`,
    inputs: {
      x: { shape: [2, 9, 8, 6], gradient: false },
      offset: { shape: [2, 9, 8, 18], gradient: false },
      weight: { shape: [10, 3, 3, 3], gradient: false },
      ...(follower.bias && { bias: { shape: [10], gradient: false } }),
      ...followerInputs(follower, output, false),
    },
    apply: (inputs) =>
      deformConv2d(inputs.x!, inputs.offset!, inputs.weight!, inputs.bias, {
        padding: 1,
        groups: 2,
        epilogue: epilogueOf(follower, inputs),
      }),
    output,
  };
});

const all = { bias: true, norm: true, residual: true, activation: silu, name: '' };

export const cases: readonly Case[] = [
  ...alone,
  ...followed,
  {
    name: 'then bias, norm, residual, silu, with gradients',
    inputs: {
      x: { shape: [1, 5, 4, 3] },
      offset: { shape: [1, 5, 4, 18] },
      weight: { shape: [4, 3, 3, 3] },
      bias: { shape: [4] },
      ...followerInputs(all, [1, 5, 4, 4], true),
    },
    apply: (inputs) =>
      deformConv2d(inputs.x!, inputs.offset!, inputs.weight!, inputs.bias, {
        padding: 1,
        epilogue: epilogueOf(all, inputs),
      }),
    output: [1, 5, 4, 4],
  },
];
