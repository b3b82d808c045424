import { readFile, writeFileAtomic } from '#platform';
import { OptionError, ShapeError } from '../errors.js';
import { type FileSource, fileName } from '../platform/platform.js';
import { inHostOrder, type Kind, kinds, type StoredTensor } from './_kinds.js';
import { type Refuse, refusal, show } from './_refusal.js';

export type { StoredTensor } from './_kinds.js';

/** What a safetensors file holds, in the order of its header. */
export interface SafetensorsContent {
  readonly tensors: Map<string, StoredTensor>;
  readonly metadata: Map<string, string>;
}

/**
 * Reads a safetensors file.
 *
 * @throws {FileError} The file cannot be read.
 * @throws {FormatError} As `parseSafetensors`.
 */
export async function readSafetensors(file: FileSource): Promise<SafetensorsContent> {
  return parseSafetensors(await readFile(file), fileName(file));
}

/**
 * Writes a safetensors file; a failure leaves an earlier file of that name whole. The tensors are copied before the
 * first wait, so they may change while the file is written.
 *
 * @throws {FileError} The file cannot be written.
 * @throws {OptionError | ShapeError} As `serializeSafetensors`.
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<readonly [string, StoredTensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeFileAtomic(path, serializeSafetensors(tensors, metadata));
}

/**
 * Reads the bytes of a safetensors file. F32, F16 and BF16 become float32, exactly; I32, I16, U16, I8 and those I64
 * that fit become int32, and say that they were `long`; U8 and BOOL become uint8. Values that need no conversion are views of `bytes` where
 * alignment allows, not copies. `source` names the bytes in error messages.
 *
 * @throws {FormatError} For whatever breaks the format, with `details` `source`, `tensor` (if it is about one),
 *   `rule`, `got` and `expected`. What the header claims is checked before memory is set aside for it.
 */
export function parseSafetensors(bytes: Uint8Array, source = 'these bytes'): SafetensorsContent {
  const refuse = refusal(source);
  const header = readHeader(bytes, refuse);
  const dataStart = 8 + header.byteLength;
  const dataLength = bytes.byteLength - dataStart;

  const entries = new Map<string, Entry>();
  const metadata = new Map<string, string>();
  for (const [name, json] of members(header.text, refuse)) {
    if (name !== '__metadata__') entries.set(name, readEntry(json, dataLength, refusal(source, name)));
    else
      for (const [key, value] of members(json, refuse)) metadata.set(key, readMetadata(key, value, refuse));
  }

  let covered = 0;
  for (const [name, { begin, end }] of [...entries].sort(
    ([, a], [, b]) => a.begin - b.begin || a.end - b.end,
  )) {
    if (begin !== covered) {
      const rule = begin < covered ? 'overlap' : 'gap';
      const message = `its data begin at byte ${begin}, but the data before it end at byte ${covered} (${rule})`;
      refusal(source, name)(rule, begin, covered, message);
    }
    covered = end;
  }
  if (covered !== dataLength) {
    const message = `the tensors end at byte ${covered}, but there are ${dataLength} bytes of data`;
    refuse('trailing bytes', dataLength, covered, message);
  }

  const tensors = new Map<string, StoredTensor>();
  for (const [name, { kind, shape, begin, end }] of entries) {
    const raw = new Uint8Array(bytes.buffer, bytes.byteOffset + dataStart + begin, end - begin);
    const { buffer, byteOffset, byteLength } = inHostOrder(raw, kind.itemBytes);
    const data = kind.decode(buffer, byteOffset, byteLength / kind.itemBytes, refusal(source, name));
    tensors.set(name, { dtype: kind.dtype, shape, data, ...(kind.long ? { long: true } : {}) });
  }
  return { tensors, metadata };
}

/**
 * The bytes of a safetensors file: always the same for the same tensors and metadata in the same order, which is
 * also the order of the header.
 *
 * @throws {OptionError} A name is given twice, is `__metadata__` or not valid Unicode; or values are not of the kind
 *   that `dtype` says; or the header is longer than the format allows.
 * @throws {ShapeError} The number of values is not that of the shape.
 */
export function serializeSafetensors(
  tensors: Iterable<readonly [string, StoredTensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const entries = new Map<string, StoredTensor>();
  for (const [name, tensor] of tensors) {
    if (name === '__metadata__') throw wrongOption('name', name, 'any name but __metadata__');
    if (entries.has(name)) throw wrongOption('name', name, 'a name that is not given twice');
    checkText('name', name);
    checkTensor(name, tensor);
    entries.set(name, tensor);
  }
  for (const text of Object.entries(metadata).flat()) checkText('metadata', text);

  // Gaps are forbidden and some readers need aligned values, so the data of wide values come first.
  const begins = new Map<string, number>();
  let dataLength = 0;
  for (const itemBytes of [8, 4, 1]) {
    for (const [name, tensor] of entries) {
      if (writtenKind(tensor).itemBytes !== itemBytes) continue;
      begins.set(name, dataLength);
      dataLength += tensor.data.length * itemBytes;
    }
  }

  const parts = Object.keys(metadata).length > 0 ? [`"__metadata__":${JSON.stringify(metadata)}`] : [];
  for (const [name, tensor] of entries) {
    const { name: kind, itemBytes } = writtenKind(tensor);
    const { shape, data } = tensor;
    const offsets = `${begins.get(name)},${begins.get(name)! + data.length * itemBytes}`;
    const entry = `{"dtype":"${kind}","shape":[${shape}],"data_offsets":[${offsets}]}`;
    parts.push(`${JSON.stringify(name)}:${entry}`);
  }
  const header = new TextEncoder().encode(`{${parts.join(',')}}`);
  const dataStart = 8 + Math.ceil(header.length / 8) * 8;
  if (dataStart - 8 > longestHeader)
    throw wrongOption('header length', dataStart - 8, `at most ${longestHeader}`);

  const bytes = new Uint8Array(dataStart + dataLength).fill(0x20, 8, dataStart);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(dataStart - 8), true);
  bytes.set(header, 8);
  for (const [name, tensor] of entries) {
    const data = tensor.long ? BigInt64Array.from(tensor.data, BigInt) : tensor.data;
    const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    bytes.set(inHostOrder(raw, data.BYTES_PER_ELEMENT), dataStart + begins.get(name)!);
  }
  return bytes;
}

const longestHeader = 100_000_000;

const writtenKinds = {
  float32: { name: 'F32', itemBytes: 4, array: 'Float32Array' },
  int32: { name: 'I32', itemBytes: 4, array: 'Int32Array' },
  uint8: { name: 'U8', itemBytes: 1, array: 'Uint8Array' },
} as const;

function writtenKind({ dtype, long }: StoredTensor): { readonly name: string; readonly itemBytes: number } {
  return long ? { name: 'I64', itemBytes: 8 } : writtenKinds[dtype];
}

function readHeader(bytes: Uint8Array, refuse: Refuse): { text: string; byteLength: number } {
  const length = bytes.byteLength;
  if (length < 8) refuse('length in bytes', length, 'at least 8');
  const claimed = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (claimed > longestHeader) {
    const beginning = String.fromCharCode(...bytes.subarray(0, 15)).replace(/[^ -~]/g, '.');
    const question = /^\s*</.test(beginning)
      ? 'as web pages do; is the address right?'
      : 'so it is hardly a safetensors file';
    const expected = `at most ${longestHeader}`;
    const message = `header length is ${claimed}, but should be ${expected}; the file begins with ${show(beginning)}, ${question}`;
    refuse('header length', claimed, expected, message);
  }
  const byteLength = Number(claimed);
  if (byteLength > length - 8) {
    refuse('header length', byteLength, `at most ${length - 8}, which follow it; is the file cut short?`);
  }
  const text = decodeText(bytes.subarray(8, 8 + byteLength), refuse);
  if (text[0] !== '{') refuse('start of the header', text[0], '{');
  return { text, byteLength };
}

function decodeText(bytes: Uint8Array, refuse: Refuse): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse(
      'encoding',
      'other',
      'UTF-8',
      `the ${bytes.length} bytes of the header are not valid UTF-8`,
    );
  }
}

/**
 * The members of a JSON object: each name, and its value still as text. JSON.parse alone would drop repeated names,
 * move names that look like numbers to the front, and build whatever a hostile header nests.
 */
function* members(text: string, refuse: Refuse): Generator<readonly [name: string, json: string]> {
  const names = new Set<string>();
  let name: string | undefined;
  let at = text.search(/[^ \n\r\t]/);
  if (text[at] !== '{') refuse('header JSON', text, 'an object');
  let start = at + 1;
  for (let depth = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === '"') {
      for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === '\\') at++;
      continue;
    }
    if (character === '{' || character === '[') depth++;
    if (character === '}' || character === ']') depth--;
    if (depth > 3) refuse('header JSON', text, 'nested at most three deep');
    if (depth === 1 && character === ':' && name === undefined) {
      const parsed = parseJson(text.slice(start, at), refuse);
      if (typeof parsed !== 'string') break;
      if (names.has(parsed)) refuse('duplicate', parsed, 'unlike', `the name ${show(parsed)} is given twice`);
      names.add(parsed);
      name = parsed;
      start = at + 1;
    } else if (depth === 0 || (depth === 1 && character === ',')) {
      const json = text.slice(start, at);
      const isEmptyObject = depth === 0 && names.size === 0 && isBlank(json);
      if (name !== undefined) yield [name, json];
      else if (!isEmptyObject) break;
      if (character === '}' && isBlank(text.slice(at + 1))) return;
      if (depth === 0) break;
      name = undefined;
      start = at + 1;
    }
  }
  refuse('header JSON', text, `well formed near character ${Math.min(at, text.length)}`);
}

function isBlank(json: string): boolean {
  return !/[^ \n\r\t]/.test(json);
}

function parseJson(text: string, refuse: Refuse): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return refuse('header JSON', text, 'well formed');
  }
}

function readMetadata(key: string, json: string, refuse: Refuse): string {
  const value = parseJson(json, refuse);
  if (typeof value === 'string') return value;
  return refuse('metadata', value, 'a string', `the metadata ${show(key)} are ${show(value)}, not a string`);
}

const entryFields = ['dtype', 'shape', 'data_offsets'];

interface Entry {
  readonly kind: Kind;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function readEntry(json: string, dataLength: number, refuse: Refuse): Entry {
  const fields = new Map<string, unknown>();
  for (const [field, value] of members(json, refuse)) {
    if (!entryFields.includes(field)) refuse('field', field, `one of ${entryFields.join(', ')}`);
    fields.set(field, parseJson(value, refuse));
  }

  const dtype = fields.get('dtype');
  const kind = kinds.get(dtype) ?? refuse('dtype', dtype, `one of ${[...kinds.keys()].join(', ')}`);
  const shape = fields.get('shape');
  if (!isSizes(shape)) return refuse('shape', shape, 'a list of whole numbers of at least 0');
  const offsets = fields.get('data_offsets');
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]! || offsets[1]! > dataLength) {
    const hint = isSizes(offsets) && offsets[1]! > dataLength ? '; is the file cut short?' : '';
    return refuse('data_offsets', offsets, `[begin, end] with 0 <= begin <= end <= ${dataLength}${hint}`);
  }
  const [begin, end] = offsets as [number, number];
  let size = kind.itemBytes;
  for (const length of shape) {
    size *= length;
    if (size > Number.MAX_SAFE_INTEGER) refuse('shape', shape, `a shape of ${end - begin} bytes`);
  }
  if (size !== end - begin) {
    const message = `its data span ${end - begin} bytes, but shape ${show(shape)} of ${dtype} takes ${size}`;
    refuse('size', end - begin, size, message);
  }
  return { kind, shape, begin, end };
}

/** Whether the value is a list of whole numbers of at least 0; the division also keeps -0 out. */
function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && 1 / size > 0);
}

function checkTensor(name: string, { dtype, shape, data, long }: StoredTensor): void {
  if (long && dtype !== 'int32') throw wrongOption(`dtype of ${show(name)}, which is long,`, dtype, 'int32');
  const expected = writtenKinds[dtype]?.array ?? 'float32, int32 or uint8';
  const given = data[Symbol.toStringTag];
  if (given !== expected) throw wrongOption(`data of ${show(name)}`, given, expected);
  if (!isSizes(shape))
    throw wrongOption(`shape of ${show(name)}`, shape, 'a list of whole numbers of at least 0');
  const count = shape.reduce((product, size) => product * size, 1);
  if (count === data.length) return;
  const message = `tensor ${show(name)} has ${data.length} values, but its shape ${show(shape)} takes ${count}`;
  const rule = 'number of values';
  throw new ShapeError(message, {
    operator: 'serializeSafetensors',
    rule,
    got: data.length,
    expected: count,
  });
}

function checkText(rule: string, text: unknown): void {
  if (typeof text === 'string' && !/\p{Surrogate}/u.test(text)) return;
  throw wrongOption(rule, text, 'a string of valid Unicode');
}

function wrongOption(rule: string, got: unknown, expected: string | number): OptionError {
  const details = { operator: 'serializeSafetensors', rule, got, expected };
  return new OptionError(`${rule} is ${show(got)}, but should be ${expected}`, details);
}
