/** What every published network has in common: a name, where it comes from, and options that a file can hold. */

import { OptionError } from '../errors.js';
import { seeded } from '../nn/init.js';
import type { Module } from '../nn/module.js';
import { nearestNames } from './_nearest-names.js';

export interface CommonOptions {
  /** How many classes the network tells apart. */
  readonly numClasses?: number;
  /** Channels of the images. */
  readonly inChannels?: number;
  /** Decides the first values of the parameters. @default 0 */
  readonly seed?: number;
}

/** What an option may be: something that JSON keeps as it is. */
export type OptionValue = number | string | boolean | readonly OptionValue[];

/** What is done to an image before the network sees it. */
export interface Preprocessing {
  /** The image is scaled until its shorter side has so many pixels; if not given, it is not scaled. */
  readonly resize?: number;
  /** A square of this side is cut from the middle; if not given, nothing is cut off. */
  readonly crop?: number;
  /** For each channel, what is subtracted from pixels on a scale from 0 to 1. */
  readonly mean: readonly number[];
  /** For each channel, what the difference is divided by. */
  readonly std: readonly number[];
}

export interface Publication<Options extends CommonOptions = CommonOptions, Network extends Module = Module> {
  /** torchvision's name, where it has one: `resnet18`. */
  readonly name: string;
  /** Authors, year, and title or section. */
  readonly paper: string;
  /** Whether it gives logits for each image, or, for segmentation, for each pixel. @default 'classification' */
  readonly task?: 'classification' | 'segmentation';
  /** The images that the network was made for; most take others too. */
  readonly input: { readonly height: number; readonly width: number; readonly channels: number };
  /** What `weights` expect, or, where there are none, what is usual for such images. */
  readonly preprocessing: Preprocessing;
  /** Pretrained weights by the name that they have elsewhere, `torchvision ResNet18_Weights.IMAGENET1K_V1`, if any. */
  readonly weights?: string;
  /** Every option but the seed, with the value that it has if it is not given. */
  readonly defaults: Required<Omit<Options, 'seed'>>;
  /** Makes the network; its parameters are drawn from the seed without further ado. */
  readonly build: (options: Required<Options>) => Network;
}

/** Makes a network from its options. */
export interface Builder<Options extends CommonOptions, Network extends Module> {
  (options?: Options): Network;
  readonly publication: Publication<Options, Network>;
}

export function publish<Options extends CommonOptions, Network extends Module>(
  publication: Publication<Options, Network>,
): Builder<Options, Network> {
  const builder = (options?: Options) => {
    const complete = completeOptions(publication as unknown as Publication, options);
    return seeded(complete.seed, () => publication.build(complete as unknown as Required<Options>));
  };
  return Object.assign(builder, { publication });
}

/**
 * The options with all defaults filled in.
 *
 * @throws OptionError for an option that the network does not have, or a value of another kind than its default's.
 */
export function completeOptions(
  { name, defaults }: Publication,
  given: object = {},
): Record<string, OptionValue> & Required<CommonOptions> {
  const complete: Record<string, OptionValue> & Required<CommonOptions> = { ...defaults, seed: 0 };
  for (const [option, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const usual = complete[option];
    if (usual === undefined) {
      const known = Object.keys(complete);
      throw new OptionError(
        `there is no option '${option}', the nearest is ${nearestNames(option, known)[0]} (all: ${known.join(', ')})`,
        { operator: name, rule: 'options', got: option, expected: known },
      );
    }
    if (typeof value !== typeof usual || Array.isArray(value) !== Array.isArray(usual)) {
      const kind = Array.isArray(usual) ? 'list' : typeof usual;
      throw new OptionError(
        `${option} must be a ${kind} such as ${JSON.stringify(usual)}, not ${show(value)}`,
        {
          operator: name,
          rule: option,
          got: value,
          expected: kind,
        },
      );
    }
    complete[option] = value as OptionValue;
  }
  return complete;
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
