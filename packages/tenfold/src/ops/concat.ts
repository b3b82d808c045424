/**
 * Tensors side by side along one axis (channels, unless said otherwise). Every input is written straight to its place
 * in the result; gradients are cut out of the same places.
 */

import { type DType, elements, empty, type Operand } from '../device/device.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { axisOf } from './_axes.js';
import { allChannels, apply, type Operator, ownChannel } from './_operator.js';
import { copyPieces, movedField } from './_place.js';

export interface ConcatOptions {
  /** @default -1, the channels of [N, H, W, C] */
  readonly axis?: number;
}

export interface ConcatRecord {
  readonly xShapes: readonly (readonly number[])[];
  readonly outShape: readonly number[];
  readonly axis: number;
  readonly dtype: DType;
}

export function concatRecord(
  xShapes: readonly (readonly number[])[],
  { axis = -1 }: ConcatOptions = {},
  dtype: DType = 'float32',
): ConcatRecord {
  const operator = 'concat';
  const [first] = xShapes;
  if (first === undefined) {
    throw new ShapeError('there is nothing to concatenate; give at least one tensor', {
      operator,
      rule: 'number of tensors',
      got: 0,
      expected: 'at least 1',
    });
  }
  const along = axisOf(operator, first, axis);
  xShapes.forEach((shape, index) => {
    if (shape.length === first.length && shape.every((side, i) => i === along || side === first[i])) return;
    throw new ShapeError(
      `tensor ${index} has shape [${shape.join(', ')}], which differs from [${first.join(', ')}] elsewhere than along axis ${along}`,
      { operator, rule: 'shapes', got: shape, expected: first },
    );
  });
  const total = xShapes.reduce((sum, shape) => sum + shape[along]!, 0);
  const outShape = first.map((side, index) => (index === along ? total : side));
  return { xShapes, axis: along, outShape, dtype };
}

export const concatOperator: Operator<ConcatRecord> = {
  name: 'concat',
  dtypes: ({ xShapes, dtype }) => xShapes.map((_, index) => (index === 0 ? 'word' : dtype)),
  outputs: ({ outShape, dtype }) => [{ shape: outShape, dtype }],
  cost: () => ({ multiplyAccumulates: 0, otherOperations: 0 }),
  field: ({ xShapes, axis }, input) => movedField(xShapes[input]!, axis, placeOf(xShapes, axis, input)),
  channels({ xShapes, axis, outShape }, input) {
    if (axis !== outShape.length - 1) return axis > 3 ? allChannels : ownChannel;
    return outShape.length > 4 ? allChannels : { kind: 'offset', offset: 0 - placeOf(xShapes, axis, input) };
  },
  forward(device, record, inputs, [y]) {
    copyPieces(
      device,
      rowsOf(record),
      parts(record, y!).map(({ length, part }, index) => ({ length, x: inputs[index]!, y: part })),
    );
  },
  retain: () => ({}),
  backward(record, { device, gradient, wanted }) {
    const cut = parts(record, gradient).map(({ length, part }, index) => {
      if (!wanted[index]) return undefined;
      return { length, x: part, y: empty(device, { shape: record.xShapes[index]!, dtype: 'float32' }) };
    });
    copyPieces(
      device,
      rowsOf(record),
      cut.filter((piece) => piece !== undefined),
    );
    return cut.map((piece) => piece?.y);
  },
};

/** Where an input begins along the axis. */
function placeOf(xShapes: ConcatRecord['xShapes'], axis: number, input: number): number {
  return xShapes.slice(0, input).reduce((sum, shape) => sum + shape[axis]!, 0);
}

function rowsOf({ outShape, axis }: ConcatRecord): number {
  return elements(outShape.slice(0, axis));
}

/** For each input the length of its rows, and its place in the whole. */
function parts({ xShapes, outShape, axis }: ConcatRecord, whole: Operand) {
  const pixelStride = elements(outShape.slice(axis));
  let channelOffset = 0;
  return xShapes.map((shape) => {
    const length = elements(shape.slice(axis));
    const part: Operand = { ...whole, pixelStride, channelOffset };
    channelOffset += length;
    return { length, part };
  });
}

/**
 * The tensors, float32 or int32, side by side along `axis`; all other sides must agree.
 *
 * @throws ShapeError if they do not, or if there is no tensor; OptionError for an axis that does not exist.
 */
export function concat(tensors: readonly Tensor[], options?: ConcatOptions): Tensor {
  return apply(
    concatOperator,
    concatRecord(
      tensors.map(({ shape }) => shape),
      options,
      tensors[0]?.dtype,
    ),
    tensors,
  );
}
