/** Files as `safetensors.torch.save_file` writes a state dict of PyTorch: counters are 64 bits wide. */

import { fillInto, seedOf } from './golden.js';

export interface TorchTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly scale: number;
  readonly shift: number;
}

const isCounter = (name: string) => name.endsWith('num_batches_tracked');

/**
 * The file's bytes. Its tensors are filled in place, so that a network with 138 million parameters is there only once;
 * each counter has another value. Wide kinds come first and each kind in the order of its names, as the writer in Rust sorts them.
 */
export function torchFile(state: readonly TorchTensor[]): Uint8Array {
  const inFileOrder = [...state].sort(
    (a, b) => Number(isCounter(b.name)) - Number(isCounter(a.name)) || (a.name < b.name ? -1 : 1),
  );
  let length = 0;
  const places = inFileOrder.map((tensor) => {
    const { name, shape } = tensor;
    const elements = shape.reduce((product, side) => product * side, 1);
    const begin = length;
    length += elements * (isCounter(name) ? 8 : 4);
    return { ...tensor, elements, begin, end: length };
  });
  const entries = places.map(({ name, shape, begin, end }) => [
    name,
    { dtype: isCounter(name) ? 'I64' : 'F32', shape, data_offsets: [begin, end] },
  ]);
  const json = JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(entries) });
  const header = new TextEncoder().encode(json.padEnd(Math.ceil(json.length / 8) * 8));
  const file = new Uint8Array(8 + header.length + length);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  const start = 8 + header.length;
  for (const [index, { name, scale, shift, elements, begin }] of places.entries()) {
    if (isCounter(name)) new BigInt64Array(file.buffer, start + begin, 1)[0] = BigInt(index + 1);
    else fillInto(new Float32Array(file.buffer, start + begin, elements), seedOf(name), scale, shift);
  }
  return file;
}

interface RawTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Buffer;
}

/** The tensors of a safetensors file as they lie in it. */
export function rawTensors(file: Uint8Array): Map<string, RawTensor> {
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(Buffer.from(file.subarray(8, 8 + length)).toString());
  const { __metadata__: _, ...entries } = header as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  return new Map(
    Object.entries(entries).map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [begin, end],
        },
      ]) => {
        const bytes = Buffer.from(file.buffer, file.byteOffset + 8 + length + begin, end - begin);
        return [name, { dtype, shape, bytes }];
      },
    ),
  );
}

/** The names of those tensors of which the other file has not the same kind, shape and bytes. */
export function differentTensors(
  tensors: ReadonlyMap<string, RawTensor>,
  others: ReadonlyMap<string, RawTensor>,
): string[] {
  return [...tensors].flatMap(([name, { dtype, shape, bytes }]) => {
    const other = others.get(name);
    const same = other?.dtype === dtype && String(other.shape) === String(shape) && other.bytes.equals(bytes);
    return same ? [] : [name];
  });
}
