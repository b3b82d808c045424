import { type FileHandle, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  FileError,
  FormatError,
  OptionError,
  parseSafetensors,
  readSafetensors,
  ShapeError,
  type StoredTensor,
  serializeSafetensors,
  writeSafetensors,
} from 'tenfold';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

/** A file with this header, exactly as given, and these bytes of data. */
function file(header: string | Uint8Array, data: ArrayLike<number> = [], claimed?: bigint): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, claimed ?? BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

function one(dtype: string, shape: readonly number[], data: ArrayLike<number>, shift = ''): Uint8Array {
  return file(
    `{"w":{"dtype":"${dtype}","shape":[${shape}],"data_offsets":[0,${data.length}]}}${shift}`,
    data,
  );
}

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function errorOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

const tensor = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }).chain((shape) => {
  const count = shape.reduce((product, size) => product * size, 1);
  const sized = { minLength: count, maxLength: count };
  return fc.oneof(
    fc.float32Array(sized).map((data): StoredTensor => ({ dtype: 'float32', shape, data })),
    fc.int32Array(sized).map((data): StoredTensor => ({ dtype: 'int32', shape, data })),
    fc.int32Array(sized).map((data): StoredTensor => ({ dtype: 'int32', shape, data, long: true })),
    fc.uint8Array(sized).map((data): StoredTensor => ({ dtype: 'uint8', shape, data })),
  );
});
const name = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('"', '\\', '{', '}', ':', ',', '\n', 'é', '𝄞', '1', 'u') }),
  fc.constantFrom('__proto__', 'constructor', 'toString', '0', '10', '2', ''),
);
const named = fc.uniqueArray(
  fc.tuple(
    name.filter((text) => text !== '__metadata__'),
    tensor,
  ),
  { maxLength: 6, selector: ([key]) => key },
);
const metadataEntries = fc.uniqueArray(fc.tuple(name, name), { maxLength: 4, selector: ([key]) => key });

describe('the bytes', () => {
  test('are those of the format, byte for byte', () => {
    const header =
      '{"__metadata__":{"made":"by hand"},"b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]},' +
      '"w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}';
    const padded = header.padEnd(Math.ceil(header.length / 8) * 8);
    const expected = file(padded, [0, 0, 128, 63, 0, 0, 0, 192, 7, 8, 255]);
    const tensors: [string, StoredTensor][] = [
      ['b', { dtype: 'uint8', shape: [3], data: Uint8Array.of(7, 8, 255) }],
      ['w', { dtype: 'float32', shape: [2, 1], data: Float32Array.of(1, -2) }],
    ];
    expect(serializeSafetensors(tensors, { made: 'by hand' })).toEqual(expected);

    const { tensors: parsed, metadata } = parseSafetensors(expected);
    expect([...parsed]).toEqual(tensors);
    expect([...metadata]).toEqual([['made', 'by hand']]);
  });

  test('of no tensors and no metadata are an empty object', () => {
    expect(serializeSafetensors([])).toEqual(file('{}      '));
    expect(parseSafetensors(file('{}')).tensors.size).toBe(0);
  });

  test('come back as they went, in the same order, and the same for the same input', () => {
    fc.assert(
      fc.property(named, metadataEntries, (tensors, entries) => {
        const metadata = Object.fromEntries(entries);
        const bytes = serializeSafetensors(tensors, metadata);
        expect(new DataView(bytes.buffer).getUint32(0, true) % 8).toBe(0);
        const parsed = parseSafetensors(bytes);
        expect([...parsed.tensors.keys()]).toEqual(tensors.map(([key]) => key));
        for (const [key, { dtype, shape, data, long }] of tensors) {
          const back = parsed.tensors.get(key)!;
          expect([back.dtype, back.shape, back.long]).toEqual([dtype, shape, long]);
          expect(Buffer.compare(bytesOf(back.data), bytesOf(data))).toBe(0);
        }
        expect(Object.fromEntries(parsed.metadata)).toEqual(metadata);
        expect(parsed.metadata.size).toBe(entries.length);
        expect(serializeSafetensors(parsed.tensors, Object.fromEntries(parsed.metadata))).toEqual(bytes);
      }),
    );
  });

  test('may lie anywhere in a larger buffer', () => {
    const inner = serializeSafetensors([['w', { dtype: 'int32', shape: [], data: Int32Array.of(-5) }]]);
    for (let shift = 0; shift < 8; shift++) {
      const outer = new Uint8Array(inner.length + 16).fill(0xff);
      outer.set(inner, shift);
      const { tensors } = parseSafetensors(outer.subarray(shift, shift + inner.length));
      expect(tensors.get('w')).toEqual({ dtype: 'int32', shape: [], data: Int32Array.of(-5) });
    }
  });
});

describe('the kinds of values', () => {
  test('every F16 becomes the same number', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, pattern) => pattern);
    const data = parseSafetensors(one('F16', [65536], bytesOf(all))).tensors.get('w')!.data;
    expect(data).toBeInstanceOf(Float32Array);
    const words = new Uint32Array(data.buffer, data.byteOffset, data.length);
    let wrong = 0;
    for (let pattern = 0; pattern < 65536; pattern++) {
      const exponent = Math.floor(pattern / 1024) % 32;
      const fraction = pattern % 1024;
      const sign = pattern < 32768 ? 1 : -1;
      let expected = sign * 2 ** (exponent - 15) * (1 + fraction / 1024);
      if (exponent === 0) expected = sign * 2 ** -14 * (fraction / 1024);
      if (exponent === 31) expected = fraction === 0 ? sign * Infinity : Number.NaN;
      if (!Object.is(data[pattern], expected)) wrong++;
      // A NaN keeps its sign and payload.
      if (Number.isNaN(expected) && words[pattern]! % 2 ** 23 !== fraction * 8192) wrong++;
      if (Math.floor(words[pattern]! / 2 ** 31) !== (sign < 0 ? 1 : 0)) wrong++;
    }
    expect(wrong).toBe(0);
  });

  test('every BF16 becomes the float32 it is the upper half of', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, pattern) => pattern);
    const data = parseSafetensors(one('BF16', [256, 256], bytesOf(all))).tensors.get('w')!.data;
    expect(data).toBeInstanceOf(Float32Array);
    const halves = new Uint16Array(data.buffer, data.byteOffset, 2 * data.length);
    expect(halves.filter((_, index) => index % 2 === 1)).toEqual(all);
    expect(halves.filter((_, index) => index % 2 === 0).every((half) => half === 0)).toBe(true);
    expect([data[0x3f80], data[0xc040], data[0x7f80], data[1]]).toEqual([1, -3, Infinity, 2 ** -133]);
  });

  test.each([
    ['F32', Float32Array.of(1.5, -0), 'float32', Float32Array.of(1.5, -0)],
    ['I64', BigInt64Array.of(-(2n ** 31n), 2n ** 31n - 1n), 'int32', Int32Array.of(-(2 ** 31), 2 ** 31 - 1)],
    ['I32', Int32Array.of(-(2 ** 31), 2 ** 31 - 1), 'int32', Int32Array.of(-(2 ** 31), 2 ** 31 - 1)],
    ['I16', Int16Array.of(-32768, 32767), 'int32', Int32Array.of(-32768, 32767)],
    ['U16', Uint16Array.of(0, 65535), 'int32', Int32Array.of(0, 65535)],
    ['I8', Int8Array.of(-128, 127), 'int32', Int32Array.of(-128, 127)],
    ['U8', Uint8Array.of(0, 255), 'uint8', Uint8Array.of(0, 255)],
    ['BOOL', Uint8Array.of(0, 1), 'uint8', Uint8Array.of(0, 1)],
  ])('%s is read at any alignment', (dtype, values, kind, data) => {
    for (let shift = 0; shift < 8; shift++) {
      const bytes = one(dtype, [2], bytesOf(values), ' '.repeat(shift));
      const expected = { dtype: kind, shape: [2], data, ...(dtype === 'I64' ? { long: true } : {}) };
      expect(parseSafetensors(bytes).tensors.get('w')).toEqual(expected);
    }
  });

  test('NaN payloads of F32 survive', () => {
    const payload = Uint32Array.of(0x7fc12345, 0xffabcdef);
    const { data } = parseSafetensors(one('F32', [2], bytesOf(payload))).tensors.get('w')!;
    expect([...new Uint32Array(data.buffer, data.byteOffset, 2)]).toEqual([...payload]);
  });

  test('scalars and tensors without values are read, also where others begin', () => {
    const header =
      '{"empty":{"dtype":"F32","shape":[3,0],"data_offsets":[4,4]},"s":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}';
    const { tensors } = parseSafetensors(file(header, [0, 0, 128, 63]));
    expect(tensors.get('empty')).toEqual({ dtype: 'float32', shape: [3, 0], data: new Float32Array(0) });
    expect(tensors.get('s')).toEqual({ dtype: 'float32', shape: [], data: Float32Array.of(1) });
  });

  test.each([[2n ** 31n], [-(2n ** 31n) - 1n], [2n ** 63n - 1n], [2n ** 32n]])(
    'an I64 of %s is refused',
    (value) => {
      const error = errorOf(() =>
        parseSafetensors(one('I64', [2], bytesOf(BigInt64Array.of(1n, value))), 'm.st'),
      );
      expect(error).toBeInstanceOf(FormatError);
      expect(String(error)).toContain(
        `m.st: tensor "w": its value ${value} at index 1 does not fit into 32 bits`,
      );
    },
  );
});

/** One tensor "w" whose entry has these fields. */
function entry(fields: string, data: ArrayLike<number> = []): Uint8Array {
  return file(`{"w":{${fields}}}`, data);
}

const u8 = (begin: number, end: number) =>
  `{"dtype":"U8","shape":[${end - begin}],"data_offsets":[${begin},${end}]}`;

const hostile: [title: string, bytes: Uint8Array, message: RegExp, rule: string][] = [
  ['no bytes', new Uint8Array(0), /^m: length in bytes is 0, but should be at least 8$/, 'length in bytes'],
  ['seven bytes', new Uint8Array(7), /length in bytes is 7, but should be at least 8/, 'length in bytes'],
  [
    'a header past the end',
    file('{}', [], 3n),
    /length is 3, but should be at most 2,.*cut short/,
    'header length',
  ],
  [
    'a huge header',
    file('{}', [], 100_000_001n),
    /100000001, but should be at most 100000000/,
    'header length',
  ],
  [
    'an endless header',
    file('{}', [], 2n ** 64n - 1n),
    /header length is 18446744073709551615/,
    'header length',
  ],
  ['an empty header', file(''), /start of the header is missing, but should be {/, 'start of the header'],
  ['a list', file('[]'), /start of the header is "\[", but should be {/, 'start of the header'],
  ['a byte order mark', file('\ufeff{}'), /start of the header/, 'start of the header'],
  ['a space first', file(' {}'), /start of the header is " "/, 'start of the header'],
  [
    'not UTF-8',
    file(Uint8Array.of(0x7b, 0xff, 0x7d)),
    /the 3 bytes of the header are not valid UTF-8/,
    'encoding',
  ],
  ['a cut off object', file('{"w":'), /header JSON is .* near character 5/, 'header JSON'],
  ['a cut off name', file('{"w'), /near character 3/, 'header JSON'],
  ['a cut off escape', file('{"w\\'), /header JSON/, 'header JSON'],
  ['a wrong bracket', file('{]'), /header JSON/, 'header JSON'],
  ['a trailing comma', file(`{"w":${u8(0, 0)},}`), /header JSON/, 'header JSON'],
  ['a leading comma', file(`{,"w":${u8(0, 0)}}`), /header JSON/, 'header JSON'],
  ['two commas', file(`{"v":${u8(0, 0)},,"w":${u8(0, 0)}}`), /header JSON/, 'header JSON'],
  ['a missing comma', file(`{"v":${u8(0, 0)}"w":${u8(0, 0)}}`), /header JSON/, 'header JSON'],
  ['a missing colon', file('{"w"}'), /header JSON/, 'header JSON'],
  ['a name without quotes', file(`{w:${u8(0, 0)}}`), /header JSON/, 'header JSON'],
  ['a number for a name', file(`{1:${u8(0, 0)}}`), /header JSON/, 'header JSON'],
  ['a bad escape in a name', file(`{"\\x":${u8(0, 0)}}`), /header JSON/, 'header JSON'],
  ['a space that JSON has not', file(`{"w":${u8(0, 0)}\u00a0}`), /header JSON/, 'header JSON'],
  ['text after the object', file('{}{}'), /header JSON/, 'header JSON'],
  [
    'an unknown word',
    entry('"dtype":F32'),
    /tensor "w": header JSON is "F32", but should be well formed/,
    'header JSON',
  ],
  ['deep nesting', file(`{"w":${'['.repeat(100_000)}`), /nested at most three deep/, 'header JSON'],
  [
    'a tensor that is a number',
    file('{"w":1}'),
    /"w": header JSON is "1", but should be an object/,
    'header JSON',
  ],
  [
    'metadata as a list',
    file('{"__metadata__":[]}'),
    /header JSON is "\[\]", but should be an object/,
    'header JSON',
  ],
  [
    'metadata that are no text',
    file('{"__metadata__":{"a":1}}'),
    /metadata "a" are 1, not a string/,
    'metadata',
  ],
  ['a name twice', file(`{"w":${u8(0, 0)},"w":${u8(0, 0)}}`), /the name "w" is given twice/, 'duplicate'],
  [
    'a name twice, once escaped',
    file(`{"w":${u8(0, 0)},"\\u0077":${u8(0, 0)}}`),
    /"w" is given twice/,
    'duplicate',
  ],
  [
    'metadata twice',
    file('{"__metadata__":{},"__metadata__":{}}'),
    /"__metadata__" is given twice/,
    'duplicate',
  ],
  [
    'a metadata key twice',
    file('{"__metadata__":{"a":"1","a":"1"}}'),
    /the name "a" is given twice/,
    'duplicate',
  ],
  [
    'a field twice',
    entry('"dtype":"U8","dtype":"U8"'),
    /tensor "w": the name "dtype" is given twice/,
    'duplicate',
  ],
  [
    'an unknown field',
    entry('"kind":"U8"'),
    /field is "kind", but should be one of dtype, shape, data_offsets/,
    'field',
  ],
  ['no fields', entry(''), /tensor "w": dtype is missing, but should be one of F32, F16, BF16, I64/, 'dtype'],
  [
    'F64',
    one('F64', [1], new Uint8Array(8)),
    /tensor "w": dtype is "F64", but should be one of F32,/,
    'dtype',
  ],
  ['an inherited name as dtype', one('toString', [1], [0]), /dtype is "toString", but/, 'dtype'],
  ['a dtype that is a number', entry('"dtype":32'), /dtype is 32, but should be/, 'dtype'],
  ['no shape', entry('"dtype":"U8"'), /shape is missing, but should be a list/, 'shape'],
  ['a shape that is text', entry('"dtype":"U8","shape":"1"'), /shape is "1", but/, 'shape'],
  [
    'a negative size',
    entry('"dtype":"U8","shape":[-1],"data_offsets":[0,0]'),
    /shape is \[-1\], but/,
    'shape',
  ],
  [
    'a fractional size',
    entry('"dtype":"U8","shape":[1.5],"data_offsets":[0,0]'),
    /shape is \[1.5\], but/,
    'shape',
  ],
  [
    'a size of null',
    entry('"dtype":"U8","shape":[null],"data_offsets":[0,0]'),
    /shape is \[null\], but/,
    'shape',
  ],
  ['a size of -0', entry('"dtype":"U8","shape":[-0],"data_offsets":[0,0]'), /shape is \[0\], but/, 'shape'],
  [
    'a shape beyond counting',
    entry('"dtype":"U8","shape":[4294967296,4294967296,0],"data_offsets":[0,0]'),
    /shape is \[4294967296,4294967296,0\], but should be a shape of 0 bytes/,
    'shape',
  ],
  ['no offsets', entry('"dtype":"U8","shape":[0]'), /data_offsets is missing, but/, 'data_offsets'],
  [
    'one offset',
    entry('"dtype":"U8","shape":[0],"data_offsets":[0]'),
    /data_offsets is \[0\]/,
    'data_offsets',
  ],
  [
    'negative offsets',
    entry('"dtype":"U8","shape":[1],"data_offsets":[-1,0]'),
    /is \[-1,0\], but/,
    'data_offsets',
  ],
  [
    'fractional offsets',
    entry('"dtype":"U8","shape":[0],"data_offsets":[0.5,0.5]'),
    /\[0.5,0.5\]/,
    'data_offsets',
  ],
  [
    'an end before the begin',
    entry('"dtype":"U8","shape":[1],"data_offsets":[1,0]', [1]),
    /data_offsets is \[1,0\], but should be \[begin, end\] with 0 <= begin <= end <= 1$/,
    'data_offsets',
  ],
  [
    'an end past the data',
    entry('"dtype":"F32","shape":[100],"data_offsets":[0,400]', new Uint8Array(16)),
    /tensor "w": data_offsets is \[0,400\], but should be \[begin, end\] with 0 <= begin <= end <= 16; is the file cut short\?$/,
    'data_offsets',
  ],
  ['huge offsets', entry('"dtype":"U8","shape":[1],"data_offsets":[1e300,1e300]'), /1e\+300/, 'data_offsets'],
  [
    'a size that disagrees',
    one('F32', [2, 2], new Uint8Array(12)),
    /tensor "w": its data span 12 bytes, but shape \[2,2\] of F32 takes 16/,
    'size',
  ],
  [
    'an overlap',
    file(`{"v":${u8(0, 4)},"w":${u8(3, 6)}}`, new Uint8Array(6)),
    /tensor "w": its data begin at byte 3, but the data before it end at byte 4 \(overlap\)/,
    'overlap',
  ],
  ['the same place', file(`{"v":${u8(0, 4)},"w":${u8(0, 4)}}`, new Uint8Array(4)), /overlap/, 'overlap'],
  ['an empty one inside', file(`{"v":${u8(0, 4)},"w":${u8(2, 2)}}`, new Uint8Array(4)), /overlap/, 'overlap'],
  [
    'a gap',
    file(`{"w":${u8(5, 6)},"v":${u8(0, 4)}}`, new Uint8Array(6)),
    /tensor "w": its data begin at byte 5, but the data before it end at byte 4 \(gap\)/,
    'gap',
  ],
  ['a gap at the start', file(`{"w":${u8(1, 2)}}`, [0, 0]), /begin at byte 1, but .* end at byte 0/, 'gap'],
  [
    'bytes at the end',
    file(`{"w":${u8(0, 4)}}`, new Uint8Array(7)),
    /m: the tensors end at byte 4, but there are 7 bytes of data/,
    'trailing bytes',
  ],
];

describe('hostile bytes', () => {
  test.each(hostile)('%s', (_title, bytes, message, rule) => {
    const error = errorOf(() => parseSafetensors(bytes, 'm')) as FormatError;
    expect(error).toBeInstanceOf(FormatError);
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^m: [^\n]{10,400}$/);
    expect(error.details).toMatchObject({ source: 'm', rule });
    expect(Object.keys(error.details)).toEqual(expect.arrayContaining(['got', 'expected']));
  });

  test('names of JavaScript are names like others', () => {
    const header = `{"__proto__":${u8(0, 1)},"constructor":${u8(1, 2)},"10":${u8(2, 2)},"2":${u8(2, 2)}}`;
    const { tensors } = parseSafetensors(file(header, [1, 2]));
    expect([...tensors.keys()]).toEqual(['__proto__', 'constructor', '10', '2']);
    expect(tensors.get('__proto__')?.data).toEqual(Uint8Array.of(1));
  });

  test('an error names the source and the tensor, and cuts long names short', () => {
    const long = 'x'.repeat(1_000_000);
    const error = errorOf(() => parseSafetensors(file(`{"${long}":{}}`), 'big.safetensors')) as FormatError;
    expect(error.message).toMatch(/^big.safetensors: tensor "x{99}\.\.\.: dtype is missing/);
    expect(error.details.tensor).toBe(long);
  });

  test('a header claiming terabytes allocates nothing', () => {
    const claims = [
      entry('"dtype":"U8","shape":[4000000000000],"data_offsets":[0,4000000000000]'),
      entry('"dtype":"F32","shape":[1000000000000],"data_offsets":[0,0]'),
      file('{}', [], 99_999_999n),
      file('{}', [], 4_000_000_000_000n),
    ];
    const before = process.memoryUsage().arrayBuffers;
    for (const bytes of claims) expect(() => parseSafetensors(bytes)).toThrow(FormatError);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000);
  });

  /** Milliseconds that this process has computed for: however busy the machine is, waiting is not counted. */
  const computed = () => process.cpuUsage().user / 1000;

  test('a large header takes time in proportion to its length', () => {
    const count = 50_000;
    const entries = Array.from({ length: count }, (_, index) => `"${index}":${u8(index, index + 1)}`);
    const started = computed();
    expect(parseSafetensors(file(`{${entries}}`, new Uint8Array(count))).tensors.size).toBe(count);
    const quotes = file(`{${'"'.repeat(3_000_001)}`);
    const escapes = file(`{"${'\\"'.repeat(1_500_000)}`);
    const colons = file(`{"a"${':'.repeat(3_000_000)}`);
    for (const bytes of [quotes, escapes, colons]) expect(() => parseSafetensors(bytes)).toThrow(FormatError);
    expect(computed() - started).toBeLessThan(10_000);
  });

  function onlyFormatErrors(bytes: Uint8Array): void {
    const started = computed();
    const error = errorOf(() => parseSafetensors(bytes));
    if (error !== undefined && !(error instanceof FormatError)) throw error;
    expect(computed() - started).toBeLessThan(2_000);
  }

  test('random bytes give a FormatError and nothing else', () => {
    const header = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'{}[]":,\\0123 -.eE'), maxLength: 60 }),
      fc.json(),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), onlyFormatErrors), { numRuns: 2_000 });
    fc.assert(
      fc.property(header, fc.uint8Array({ maxLength: 20 }), (text, data) =>
        onlyFormatErrors(file(text, data)),
      ),
      { numRuns: 3_000 },
    );
  });

  test('whatever is read as a header is valid JSON, read as JSON.parse reads it', () => {
    const unit = fc.constantFrom(
      '{',
      '}',
      '"',
      ':',
      ',',
      '\\',
      ' ',
      'a',
      '""',
      '{}',
      '"a":"b"',
      ']',
      '[',
      '\n',
      '1',
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 8 }), (inside) => {
        const bytes = file(`{"__metadata__":{${inside}}}`);
        if (errorOf(() => parseSafetensors(bytes)) !== undefined) return;
        const expected = JSON.parse(`{${inside}}`);
        expect(Object.fromEntries(parseSafetensors(bytes).metadata)).toEqual(expected);
      }),
      { numRuns: 20_000 },
    );
  });

  test('a file with a few bytes changed, or cut short, gives a FormatError or tensors', () => {
    const valid = serializeSafetensors(
      [
        ['conv.weight', { dtype: 'float32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
        ['count', { dtype: 'int32', shape: [], data: Int32Array.of(3) }],
        ['mask', { dtype: 'uint8', shape: [0, 2], data: new Uint8Array(0) }],
      ],
      { format: 'pt', note: 'é"\\' },
    );
    for (let length = 0; length < valid.length; length++) {
      expect(() => parseSafetensors(valid.subarray(0, length))).toThrow(FormatError);
    }
    const change = fc.tuple(
      fc.nat(valid.length - 1),
      fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('{}[]":,0-'))),
    );
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = valid.slice();
        for (const [at, value] of changes) bytes[at] = value;
        onlyFormatErrors(bytes);
      }),
      { numRuns: 10_000 },
    );
  });
});

describe('writing', () => {
  const good: StoredTensor = { dtype: 'float32', shape: [1], data: Float32Array.of(1) };
  const refused: [
    title: string,
    tensors: [string, StoredTensor][],
    kind: typeof OptionError,
    message: RegExp,
  ][] = [
    [
      'a name twice',
      [
        ['w', good],
        ['w', good],
      ],
      OptionError,
      /name is "w", but should be a name that is not given twice/,
    ],
    ['the name of the metadata', [['__metadata__', good]], OptionError, /any name but __metadata__/],
    [
      'a long float',
      [['w', { dtype: 'float32', shape: [1], data: Float32Array.of(1), long: true }]],
      OptionError,
      /dtype of "w", which is long, is "float32", but should be int32/,
    ],
    ['half a surrogate pair', [['\ud800', good]], OptionError, /name is "\\ud800", but .* valid Unicode/],
    [
      'too few values',
      [['w', { ...good, shape: [2, 3] }]],
      ShapeError,
      /"w" has 1 values, but its shape \[2,3\] takes 6/,
    ],
    ['a negative size', [['w', { ...good, shape: [-1, -1] }]], OptionError, /shape of "w" is \[-1,-1\]/],
    [
      'the wrong array',
      [['w', { ...good, dtype: 'int32' }]],
      OptionError,
      /"Float32Array", but should be Int32Array/,
    ],
    [
      'an unknown kind',
      [['w', { ...good, dtype: 'float64' as 'int32' }]],
      OptionError,
      /float32, int32 or uint8/,
    ],
  ];
  test.each(refused)('%s is refused', (_title, tensors, kind, message) => {
    const error = errorOf(() => serializeSafetensors(tensors)) as OptionError;
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toMatch(message);
    expect(error.details.operator).toBe('serializeSafetensors');
  });

  test('metadata that are no text are refused', () => {
    const metadata = { epoch: 3 } as unknown as Record<string, string>;
    expect(() => serializeSafetensors([], metadata)).toThrow(
      'metadata is 3, but should be a string of valid Unicode',
    );
  });
});

describe('files', () => {
  const tensors = (value: number): [string, StoredTensor][] => [
    ['w', { dtype: 'float32', shape: [1], data: Float32Array.of(value) }],
  ];
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'safetensors-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  test('are written, replaced and read, and nothing else is left beside them', async () => {
    const path = join(directory, 'model.safetensors');
    await writeSafetensors(path, tensors(1));
    await writeSafetensors(path, tensors(2), { epoch: '2' });
    const read = await readSafetensors(path);
    expect([...read.tensors]).toEqual(tensors(2));
    expect([...read.metadata]).toEqual([['epoch', '2']]);
    expect(await readdir(directory)).toEqual(['model.safetensors']);
    expect(new Uint8Array(await readFile(path))).toEqual(serializeSafetensors(tensors(2), { epoch: '2' }));
  });

  test('written at the same time do not mix', async () => {
    const path = join(directory, 'model.safetensors');
    const values = Array.from({ length: 20 }, (_, index) => index);
    await Promise.all(values.map((value) => writeSafetensors(path, tensors(value))));
    const value = (await readSafetensors(path)).tensors.get('w')!.data[0]!;
    expect(values).toContain(value);
    expect(await readdir(directory)).toEqual(['model.safetensors']);
  });

  test('are what they were when writing began, whatever happens to the tensors since', async () => {
    const path = join(directory, 'model.safetensors');
    const changing = tensors(1);
    const done = writeSafetensors(path, changing);
    changing[0]![1].data[0] = 9;
    await done;
    expect((await readSafetensors(path)).tensors.get('w')?.data).toEqual(Float32Array.of(1));
  });

  test('that are missing, or not files, are refused with the place that was searched', async () => {
    const path = join(directory, 'absent.safetensors');
    const missing = await readSafetensors(path).catch((error: unknown) => error);
    expect(missing).toBeInstanceOf(FileError);
    expect(String(missing)).toContain(`cannot read ${path}: there is no such file (looked in ${directory})`);
    expect((missing as FileError).details).toEqual({ path, code: 'ENOENT' });
    await expect(readSafetensors(directory)).rejects.toThrow(/this is a directory, not a file/);
    await writeFile(path, 'no tensors here');
    await expect(readSafetensors(path)).rejects.toThrow(`${path}: header length is `);
  });

  test('that cannot be written leave the earlier file whole and no temporary file', async () => {
    const inside = join(directory, 'folder', 'model.safetensors');
    await mkdir(join(directory, 'folder'));
    await writeSafetensors(inside, tensors(1));

    const cases: [path: string, code: string, message: RegExp][] = [
      [
        join(directory, 'absent', 'model.safetensors'),
        'ENOENT',
        /the directory .*absent does not exist; create it/,
      ],
      [join(directory, 'folder'), 'EISDIR', /this is a directory, not a file/],
      [join(inside, 'model.safetensors'), 'ENOTDIR', /model\.safetensors is not a directory/],
      [join(directory, 'folder', 'x'.repeat(300)), 'ENAMETOOLONG', /the name is too long/],
    ];
    for (const [path, code, message] of cases) {
      const error = (await writeSafetensors(path, tensors(2)).catch(
        (thrown: unknown) => thrown,
      )) as FileError;
      expect(error).toBeInstanceOf(FileError);
      expect(error.message).toMatch(message);
      expect(error.details).toEqual({ path, code });
    }
    await expect(writeSafetensors(inside, [...tensors(3), ...tensors(3)])).rejects.toThrow(OptionError);

    expect((await readSafetensors(inside)).tensors.get('w')?.data).toEqual(Float32Array.of(1));
    expect(await readdir(directory)).toEqual(['folder']);
    expect(await readdir(join(directory, 'folder'))).toEqual(['model.safetensors']);
  });

  test('on a full disk leave the earlier file whole and no temporary file', async () => {
    const path = join(directory, 'model.safetensors');
    await writeSafetensors(path, tensors(1));
    // Every file handle writes half of what it is given, and then finds the disk full.
    const handle = await open(path, 'r');
    await handle.close();
    const spy = vi.spyOn(Object.getPrototypeOf(handle), 'writeFile').mockImplementation(async function (
      this: unknown,
      bytes: unknown,
    ) {
      await (this as FileHandle).write((bytes as Uint8Array).subarray(0, (bytes as Uint8Array).length >> 1));
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    });
    try {
      await expect(writeSafetensors(path, tensors(2))).rejects.toThrow(
        `cannot write ${path}: the disk is full; the earlier file is untouched, free some space and try again`,
      );
      expect(spy).toHaveBeenCalled();
    } finally {
      spy.mockRestore();
    }
    expect((await readSafetensors(path)).tensors.get('w')?.data).toEqual(Float32Array.of(1));
    expect(await readdir(directory)).toEqual(['model.safetensors']);
  });
});
