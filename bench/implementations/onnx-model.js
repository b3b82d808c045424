// A case as an ONNX model of a single node: what training would change is part of the model, data are its inputs.

import protocol from 'onnx-proto';
import { channelsFirst, firstShape } from './layout.js';
import { onnxOperators } from './onnx-operators.js';

const { onnx } = protocol;
const { AttributeType } = onnx.AttributeProto;
const elementTypes = new Map([
  [Float32Array, onnx.TensorProto.DataType.FLOAT],
  [BigInt64Array, onnx.TensorProto.DataType.INT64],
]);

function attribute([name, value]) {
  if (Array.isArray(value)) return { name, type: AttributeType.INTS, ints: value };
  if (typeof value === 'string') return { name, type: AttributeType.STRING, s: Buffer.from(value) };
  if (typeof value === 'object') return { name, type: AttributeType.FLOAT, f: value.float };
  return { name, type: AttributeType.INT, i: value };
}

const initializer = (name, numbers, dims) => ({
  name,
  dims,
  dataType: elementTypes.get(numbers.constructor),
  rawData: new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength),
});

const valueInfo = (name, shape) => ({
  name,
  type: {
    tensorType: {
      elemType: onnx.TensorProto.DataType.FLOAT,
      shape: shape && { dim: shape.map((side) => ({ dimValue: side })) },
    },
  },
});

/**
 * @param numbers For each input of the case what it holds, with channels last.
 * @returns undefined where a single node does not do, or `{ bytes, feeds, images }`: the encoded model, its inputs
 *   `{ name, numbers, shape }`, and whether images have their channels first.
 */
export function onnxModel({ operator, record, inputs }, numbers) {
  const node = onnxOperators[operator.name]?.(record);
  if (node === undefined || inputs.some((input) => input?.dtype === 'int32')) return undefined;
  const feeds = [];
  const initializers = [];
  const given = inputs.map((input, index) => {
    if (input === undefined) return undefined;
    const name = `input${index}`;
    const isImage = node.images && input.shape.length === 4 && input.role === 'data';
    const shape = isImage ? firstShape(input.shape) : input.shape;
    const values = isImage ? channelsFirst(numbers[index], input.shape) : numbers[index];
    if (input.role === 'data') feeds.push({ name, numbers: values, shape });
    else initializers.push(initializer(name, values, shape));
    return name;
  });
  const names = node.inputs(given).map((each, index) => {
    if (each?.constant === undefined) return each ?? '';
    initializers.push(initializer(`constant${index}`, each.constant, each.shape));
    return `constant${index}`;
  });
  while (names.at(-1) === '') names.pop();
  const outputs = node.outputs ?? ['y'];
  const resultType =
    operator.name === 'argmax'
      ? { name: 'y', type: { tensorType: { elemType: onnx.TensorProto.DataType.INT64 } } }
      : valueInfo('y');
  const bytes = onnx.ModelProto.encode({
    irVersion: 10,
    producerName: 'tenfold bench',
    opsetImport: [{ domain: '', version: 21 }],
    graph: {
      name: operator.name,
      node: [
        {
          opType: node.type,
          input: names,
          output: outputs,
          attribute: Object.entries(node.attributes).map(attribute),
        },
      ],
      input: feeds.map(({ name, shape }) => valueInfo(name, shape)),
      output: [resultType],
      initializer: initializers,
    },
  }).finish();
  return { bytes, feeds, images: node.images === true };
}
