/**
 * Files of `torch.save`: .pth, .pt, .ckpt. Since PyTorch 1.6 they are zip archives of a pickle and one entry for each
 * storage (torch/serialization.py, `_save`), before that a row of pickles with the storages behind them (`_legacy_save`).
 * Both are read without running what they hold (`_pickle.ts`): tensors in, everything else out.
 */

import { readFile } from '#platform';
import { inHostOrder, kinds, type StoredTensor } from './_kinds.js';
import { Foreign, type PickleReader, readPickle } from './_pickle.js';
import { type Refuse, refusal, show } from './_refusal.js';
import { isZip, zipEntries } from './_zip.js';

export interface TorchFileOptions {
  /** Which of several states of the file: `model_ema`. @default the only one, or `state_dict` or `model` */
  readonly state?: string;
}

/** What is of use in a file of PyTorch, in its order. */
export interface TorchFileContent {
  readonly tensors: Map<string, StoredTensor>;
}

/**
 * Reads the state dict in a file of `torch.save`.
 *
 * @throws {FileError} The file cannot be read.
 * @throws {FormatError} As `parseTorchFile`.
 */
export async function readTorchFile(path: string, options: TorchFileOptions = {}): Promise<TorchFileContent> {
  return parseTorchFile(await readFile(path), path, options);
}

/**
 * Reads the state dict in the bytes of such a file; it may be the whole file, or one entry of a dictionary beside epoch,
 * optimizer and the like. Kinds become those of `parseSafetensors`. Values that are contiguous and need no conversion are
 * views of `bytes` where alignment allows, not copies. `source` names the bytes in error messages.
 *
 * @throws {FormatError} For whatever breaks the format, a file without a state dict, or one with several of which
 *   `state` names none. What the file claims is checked before memory is set aside for it.
 */
export function parseTorchFile(
  bytes: Uint8Array,
  source = 'these bytes',
  { state }: TorchFileOptions = {},
): TorchFileContent {
  const refuse = refusal(source);
  const content = isZip(bytes) ? readArchive(bytes, refuse) : readLegacy(bytes, refuse);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, value] of stateDictIn(content, state, refuse)) {
    if (typeof name !== 'string' || !(value instanceof TorchTensor)) continue;
    tensors.set(name, stored(value, refusal(source, name)));
  }
  return { tensors };
}

/** Values of one kind in a row, which tensors are windows on. */
class Storage {
  readonly kind: string;
  readonly key: string;
  readonly length: number;
  /** Those of a legacy file come last. */
  bytes: Uint8Array | undefined;

  constructor(kind: string, key: string, length: number) {
    this.kind = kind;
    this.key = key;
    this.length = length;
  }
}

class TorchTensor {
  readonly storage: unknown;
  readonly offset: unknown;
  readonly shape: unknown;
  readonly strides: unknown;

  constructor([storage, offset, shape, strides]: readonly unknown[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** The classes of storages, and the kinds of their values by the names that safetensors gives them. */
const storageKinds: ReadonlyMap<string, string> = new Map([
  ['torch FloatStorage', 'F32'],
  ['torch HalfStorage', 'F16'],
  ['torch BFloat16Storage', 'BF16'],
  ['torch DoubleStorage', 'F64'],
  ['torch LongStorage', 'I64'],
  ['torch IntStorage', 'I32'],
  ['torch ShortStorage', 'I16'],
  ['torch CharStorage', 'I8'],
  ['torch ByteStorage', 'U8'],
  ['torch BoolStorage', 'BOOL'],
]);

const calls: PickleReader['calls'] = {
  'collections OrderedDict': () => new Map(),
  'torch._utils _rebuild_tensor_v2': (args) => new TorchTensor(args),
  'torch._utils _rebuild_parameter': ([tensor]) => tensor,
};

/** Reads a pickle in which storages are named `('storage', class, key, device, length)`. */
function readObject(bytes: Uint8Array, at: number, refuse: Refuse) {
  const storages = new Map<string, Storage>();
  const persistent = (id: unknown): unknown => {
    const [what, type, key, , length, view] = Array.isArray(id) ? id : [];
    const kind = type instanceof Foreign ? storageKinds.get(type.name) : undefined;
    if (what !== 'storage' || kind === undefined || typeof key !== 'string' || !isSize(length)) {
      const expected = [...storageKinds.keys()].join(', ');
      return refuse('class of a storage', type instanceof Foreign ? type.name : 'missing', expected);
    }
    if (view) refuse('storage', 'a view of another', 'whole, as PyTorch has written it since version 0.4');
    if (!storages.has(key)) storages.set(key, new Storage(kind, key, length));
    return storages.get(key);
  };
  return { ...readPickle(bytes, at, { calls, persistent }, refuse), storages };
}

function readArchive(bytes: Uint8Array, refuse: Refuse): unknown {
  const entries = zipEntries(bytes, refuse);
  const pickle = [...entries.keys()].find((name) => name.endsWith('/data.pkl'));
  if (pickle === undefined) return refuse('entry data.pkl', 'missing', 'in a file of torch.save');
  const root = pickle.slice(0, -'data.pkl'.length);
  if (entries.has(`${root}constants.pkl`)) {
    const fix = 'torch.save(module.state_dict(), file) writes one that can be read';
    refuse(
      'file',
      'TorchScript',
      'a state dict',
      `this is a program of torch.jit.save, not a state dict; ${fix}`,
    );
  }
  const order = entries.get(`${root}byteorder`);
  if (order && new TextDecoder().decode(order) !== 'little') refuse('byteorder', 'big', 'little');
  const { value, storages } = readObject(entries.get(pickle)!, 0, refuse);
  for (const storage of storages.values()) storage.bytes = entries.get(`${root}data/${storage.key}`);
  return value;
}

/** Its first pickle, which is always the same. */
const legacyMagic = 0x1950a86a20f9469cfc6cn;

function readLegacy(bytes: Uint8Array, refuse: Refuse): unknown {
  if (bytes[0] !== 0x80) {
    const message =
      'it is neither a zip archive nor a pickle, so not a file of torch.save; is it safetensors?';
    refuse('beginning', bytes[0], 'a zip archive or a pickle', message);
  }
  const magic = readObject(bytes, 0, refuse);
  if (magic.value !== legacyMagic) refuse('first pickle', 'another', 'the magic number of torch.save');
  const protocol = readObject(bytes, magic.end, refuse);
  const system = readObject(bytes, protocol.end, refuse);
  const isLittle = system.value instanceof Map && system.value.get('little_endian') === true;
  if (!isLittle) refuse('byte order', 'big', 'little');
  const { value, storages, end } = readObject(bytes, system.end, refuse);
  const keys = readObject(bytes, end, refuse);
  let at = keys.end;
  for (const key of Array.isArray(keys.value) ? keys.value : []) {
    const storage = storages.get(key);
    if (storage === undefined) return refuse('list of storages', 'another', 'that of the tensors');
    const begin = at + 8;
    at = begin + storage.length * itemBytes(storage.kind);
    if (at > bytes.byteLength) refuse('length in bytes', bytes.byteLength, `at least ${at}`);
    storage.bytes = bytes.subarray(begin, at);
  }
  return value;
}

function itemBytes(kind: string): number {
  return kinds.get(kind)?.itemBytes ?? 8;
}

/** The dictionary of tensors in what a file holds. */
function stateDictIn(content: unknown, wanted: string | undefined, refuse: Refuse): Map<unknown, unknown> {
  if (wanted === undefined && isStateDict(content)) return content;
  const entries = content instanceof Map ? [...content] : [];
  const states = new Map(
    entries.flatMap(([name, value]) =>
      typeof name === 'string' && isStateDict(value) ? [[name, value] as const] : [],
    ),
  );
  const names = [...states.keys()];
  const usual = ['state_dict', 'model'].find((name) => states.has(name));
  const found = states.get(wanted ?? (names.length === 1 ? names[0]! : (usual ?? '')));
  if (found !== undefined) return found;
  if (names.length > 0) {
    const message = `it holds several states, ${names.join(', ')}; the option \`state\` chooses one`;
    return refuse(
      'state',
      wanted,
      names,
      wanted === undefined ? message : `it holds no state ${show(wanted)}, but ${names.join(', ')}`,
    );
  }
  const fix = 'torch.save(module.state_dict(), file) writes one';
  return refuse('state dict', 'missing', 'there', `it holds no dictionary of tensors by name; ${fix}`);
}

function isStateDict(value: unknown): value is Map<unknown, unknown> {
  return value instanceof Map && [...value.values()].some((item) => item instanceof TorchTensor);
}

function stored({ storage, offset, shape, strides }: TorchTensor, refuse: Refuse): StoredTensor {
  if (!(storage instanceof Storage) || storage.bytes === undefined) {
    return refuse('storage', 'missing', 'in the file');
  }
  const kind = kinds.get(storage.kind);
  if (kind === undefined) {
    const fix = '.float() before torch.save makes float32 of it';
    return refuse('kind', storage.kind, 'at most 32 bits', `its values are ${storage.kind}; ${fix}`);
  }
  const { itemBytes } = kind;
  if (storage.bytes.byteLength !== storage.length * itemBytes) {
    refuse('length of its storage in bytes', storage.bytes.byteLength, storage.length * itemBytes);
  }
  if (!isSize(offset) || !isSizes(shape) || !isSizes(strides) || shape.length !== strides.length) {
    return refuse('shape and strides', 'something else', 'lists of whole numbers of at least 0');
  }
  const count = shape.reduce((product, size) => product * size, 1);
  const last = shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis]!, offset);
  if (count > storage.length || (count > 0 && last >= storage.length)) {
    const message = `its shape ${show(shape)} with strides ${show(strides)} reaches beyond its ${storage.length} values`;
    refuse('shape', shape, `within ${storage.length} values`, message);
  }
  const raw = contiguous(storage.bytes, itemBytes, { offset, shape, strides, count });
  const { buffer, byteOffset } = inHostOrder(raw, itemBytes);
  const data = kind.decode(buffer, byteOffset, count, refuse);
  return { dtype: kind.dtype, shape, data, ...(kind.long ? { long: true } : {}) };
}

interface Window {
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  /** Elements of the shape. */
  readonly count: number;
}

/** The bytes of a tensor in row-major order: those of its storage, or a copy where they lie in another order. */
function contiguous(
  bytes: Uint8Array,
  itemBytes: number,
  { offset, shape, strides, count }: Window,
): Uint8Array {
  let step = 1;
  let inOrder = true;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== step) inOrder = false;
    step *= shape[axis]!;
  }
  if (inOrder || count === 0) return bytes.subarray(offset * itemBytes, (offset + count) * itemBytes);
  const copy = new Uint8Array(count * itemBytes);
  const place = shape.map(() => 0);
  for (let element = 0; element < count; element++) {
    const from = place.reduce((sum, index, axis) => sum + index * strides[axis]!, offset) * itemBytes;
    copy.set(bytes.subarray(from, from + itemBytes), element * itemBytes);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (++place[axis]! < shape[axis]!) break;
      place[axis] = 0;
    }
  }
  return copy;
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every(isSize);
}
