import { OptionError } from 'tenfold';
import { Draws } from './_draws.js';
import { emptyGrid, resample, resetGrid } from './_grid.js';
import type { Frame, Move, Parameter, Transform } from './_transform.js';
import { affine } from './affine.js';
import { crop } from './crop.js';
import { elastic } from './elastic.js';
import { erase } from './erase.js';
import { flip } from './flip.js';

export type { Frame } from './_transform.js';

const transforms: Readonly<Record<string, Transform>> = { crop, flip, affine, elastic, erase };

/** Specs with a name, which may stand in a spec as a transform does. */
export const augmentationPresets: Readonly<Record<string, string>> = {
  none: '',
  mnist: 'affine:10:0.1:0.1:10,elastic:20:4',
  cifar: 'crop:4,flip',
};

/** One transform of an augmentation, with all its numbers. */
export interface Step {
  readonly name: string;
  readonly values: readonly number[];
}

/** The transforms in the order in which they are applied. */
export type Augmentation = readonly Step[];

/**
 * Reads a spec: transforms and presets with commas between them, each transform with its numbers after colons, as in
 * `crop:4,flip,affine:10`. A number left out, or left empty, has its usual value.
 */
export function parseAugmentation(spec: string): Augmentation {
  if (spec.trim() === '') return [];
  return spec.split(',').flatMap((item) => {
    const [name = '', ...numbers] = item.split(':').map((part) => part.trim());
    if (Object.hasOwn(augmentationPresets, name) && numbers.length === 0) {
      return parseAugmentation(augmentationPresets[name]!);
    }
    const transform = Object.hasOwn(transforms, name) ? transforms[name] : undefined;
    if (transform === undefined) {
      const names = [...Object.keys(transforms), ...Object.keys(augmentationPresets)];
      throw refusal('name', `'${name}' is not known; expected ${orList(names)}`, name, names);
    }
    return [{ name, values: readValues(name, transform, numbers) }];
  });
}

/** The spec with every number, which means the same whatever becomes of presets and usual values. */
export function describeAugmentation(augmentation: Augmentation): string {
  return augmentation.map(({ name, values }) => [name, ...values].join(':')).join(',') || 'none';
}

/**
 * Makes the function that augments images of one size. It takes an image and returns its bytes changed; they last
 * until the next call. What becomes of an image depends on seed, epoch and its index only.
 */
export function augmenter(
  augmentation: Augmentation,
  frame: Frame,
  seed: number,
): (image: Uint8Array, epoch: number, index: number) => Uint8Array {
  const bytes = frame.height * frame.width * frame.channels;
  const one = new Uint8Array(bytes);
  const other = new Uint8Array(bytes);
  const stages = stagesOf(augmentation, frame, seed);
  return (image, epoch, index) => {
    let current = image;
    for (const stage of stages) current = stage(current, current === one ? other : one, epoch, index);
    return current;
  };
}

type Stage = (source: Uint8Array, target: Uint8Array, epoch: number, index: number) => Uint8Array;

function stagesOf(augmentation: Augmentation, frame: Frame, seed: number): Stage[] {
  const stages: Stage[] = [];
  let moves: { move: Move; draws: Draws }[] = [];
  const endMoves = () => {
    if (moves.length > 0) stages.push(movesInOne(moves, frame));
    moves = [];
  };
  augmentation.forEach(({ name, values }, position) => {
    const transform = transforms[name]!;
    // A second transform of the same name draws other numbers than the first.
    const earlier = augmentation.slice(0, position).filter((other) => other.name === name).length;
    const draws = new Draws(seed, `augmentation ${name} ${earlier}`);
    if ('move' in transform) {
      moves.push({ move: transform.move(values, frame), draws });
      return;
    }
    endMoves();
    const change = transform.change(values, frame);
    stages.push((source, target, epoch, index) => {
      draws.start(epoch, index);
      return change(source, target, draws);
    });
  });
  endMoves();
  return stages;
}

function movesInOne(moves: readonly { move: Move; draws: Draws }[], frame: Frame): Stage {
  const grid = emptyGrid(frame);
  // The grid leads from the result back to the source, so the last move comes first.
  const backwards = moves.toReversed();
  return (source, target, epoch, index) => {
    resetGrid(grid, frame);
    for (const { move, draws } of backwards) {
      draws.start(epoch, index);
      move(grid, draws);
    }
    return resample(source, target, frame, grid);
  };
}

function readValues(name: string, { parameters, rule }: Transform, texts: readonly string[]): number[] {
  if (texts.length > parameters.length) {
    const most = parameters.length === 1 ? 'one number' : `${parameters.length} numbers`;
    throw refusal(
      name,
      `${name} takes at most ${most} (${parameters.map((parameter) => parameter.name).join(', ')}), ` +
        `but was given ${texts.length} in '${[name, ...texts].join(':')}'`,
      texts.length,
      parameters.length,
    );
  }
  const values = parameters.map((parameter, index) => readValue(name, parameter, texts[index] ?? ''));
  const broken = rule?.(values);
  if (broken !== undefined) throw refusal(name, `${name} ${broken}`, values, undefined);
  return values;
}

function readValue(name: string, parameter: Parameter, text: string): number {
  if (text === '' && parameter.fallback !== undefined) return parameter.fallback;
  const value = text === '' ? Number.NaN : Number(text);
  const { least, most, whole = false } = parameter;
  if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
  const expected = `a ${whole ? 'whole ' : ''}number from ${least} to ${most}`;
  throw refusal(
    name,
    `${name} takes its ${parameter.name} as ${expected}, but was given '${text}'`,
    text,
    expected,
  );
}

function refusal(rule: string, message: string, got: unknown, expected: unknown): OptionError {
  return new OptionError(message, { operator: 'augmentation', rule, got, expected });
}

function orList(names: readonly string[]): string {
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}
