import { OptionError } from 'tenfold';
import type { Parameter, Transform } from './_transform.js';
import { transforms } from './_transforms.js';

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
