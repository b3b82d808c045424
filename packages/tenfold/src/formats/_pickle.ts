/**
 * Reads the data of a Python pickle and runs nothing of it. A pickle is a program for a small stack machine, whose
 * instructions GLOBAL, REDUCE, NEWOBJ and BUILD import and call whatever the file says. Here these only take note: a call
 * of a function in `calls` gives what that function returns, any other becomes a `Foreign` without content.
 * (Instructions: CPython, Lib/pickletools.py; those that `torch.save` does not write are refused.)
 */

import type { Refuse } from './_refusal.js';

/** A Python object that is no plain data, or a function or class; nothing is known of it but its name. */
export class Foreign {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

export interface PickleReader {
  /** For each function or class that is understood, `module name`, what its call returns here. */
  readonly calls: Readonly<Record<string, (args: readonly unknown[]) => unknown>>;
  /** What stands for an object that the pickle itself does not hold. */
  readonly persistent: (id: unknown) => unknown;
}

const mark = Symbol('mark');

/** The value of the pickle that begins at `start`, and where it ends. */
export function readPickle(
  bytes: Uint8Array,
  start: number,
  { calls, persistent }: PickleReader,
  refuse: Refuse,
): { readonly value: unknown; readonly end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: unknown[] = [];
  const memo = new Map<number, unknown>();
  let at = start;

  /** Moves on by so many bytes, and returns where they begin. */
  const take = (length: number): number => {
    if (at + length > bytes.byteLength)
      refuse('end of the pickle', 'missing', 'there; is the file cut short?');
    at += length;
    return at - length;
  };
  const text = (length: number): string => {
    const begin = take(length);
    return new TextDecoder().decode(bytes.subarray(begin, begin + length));
  };
  const line = (): string => {
    const length = bytes.indexOf(0x0a, at) - at;
    const found = text(length < 0 ? bytes.byteLength : length);
    take(1);
    return found;
  };
  const pop = (): unknown => {
    if (stack.length === 0) refuse('stack of the pickle', 'empty', 'filled');
    return stack.pop();
  };
  const popToMark = (): unknown[] => {
    const found = stack.lastIndexOf(mark);
    if (found < 0) refuse('mark of the pickle', 'missing', 'on the stack');
    return stack.splice(found).slice(1);
  };
  const recall = (index: number): void => {
    if (!memo.has(index)) refuse('memo of the pickle', `without ${index}`, 'filled before it is read');
    stack.push(memo.get(index));
  };
  const remember = (index: number): void => {
    memo.set(index, stack.at(-1));
  };
  /** A dictionary or list in the making is what is on top of the stack; whatever else is there keeps nothing. */
  const setItems = (items: readonly unknown[]): void => {
    const target = stack.at(-1);
    if (!(target instanceof Map)) return;
    for (let index = 0; index + 1 < items.length; index += 2) target.set(items[index], items[index + 1]);
  };
  const append = (items: readonly unknown[]): void => {
    const target = stack.at(-1);
    if (Array.isArray(target)) for (const item of items) target.push(item);
  };
  const call = (): void => {
    const args = pop();
    const callee = pop();
    const name = callee instanceof Foreign ? callee.name : 'unknown';
    const understood = Object.hasOwn(calls, name) ? calls[name] : undefined;
    stack.push(understood && Array.isArray(args) ? understood(args) : new Foreign(name));
  };

  const instructions: ReadonlyMap<number, () => void> = new Map([
    [0x80, () => void take(1)], // PROTO
    [0x95, () => void take(8)], // FRAME
    [0x28, () => void stack.push(mark)], // MARK
    [0x30, () => void pop()], // POP
    [0x4e, () => void stack.push(null)], // NONE
    [0x88, () => void stack.push(true)], // NEWTRUE
    [0x89, () => void stack.push(false)], // NEWFALSE
    [0x4a, () => void stack.push(view.getInt32(take(4), true))], // BININT
    [0x4b, () => void stack.push(view.getUint8(take(1)))], // BININT1
    [0x4d, () => void stack.push(view.getUint16(take(2), true))], // BININT2
    [0x8a, () => void stack.push(long(view.getUint8(take(1))))], // LONG1
    [0x47, () => void stack.push(view.getFloat64(take(8)))], // BINFLOAT
    [0x58, () => void stack.push(text(view.getUint32(take(4), true)))], // BINUNICODE
    [0x8c, () => void stack.push(text(view.getUint8(take(1))))], // SHORT_BINUNICODE
    [0x54, () => void stack.push(text(view.getUint32(take(4), true)))], // BINSTRING
    [0x55, () => void stack.push(text(view.getUint8(take(1))))], // SHORT_BINSTRING
    [0x5d, () => void stack.push([])], // EMPTY_LIST
    [0x61, () => append([pop()])], // APPEND
    [0x65, () => append(popToMark())], // APPENDS
    [0x29, () => void stack.push([])], // EMPTY_TUPLE
    [0x74, () => void stack.push(popToMark())], // TUPLE
    [0x85, () => void stack.push([pop()])], // TUPLE1
    [0x86, () => void stack.push([pop(), pop()].reverse())], // TUPLE2
    [0x87, () => void stack.push([pop(), pop(), pop()].reverse())], // TUPLE3
    [0x7d, () => void stack.push(new Map())], // EMPTY_DICT
    [0x73, () => setItems([pop(), pop()].reverse())], // SETITEM
    [0x75, () => setItems(popToMark())], // SETITEMS
    [0x71, () => remember(view.getUint8(take(1)))], // BINPUT
    [0x72, () => remember(view.getUint32(take(4), true))], // LONG_BINPUT
    [0x94, () => remember(memo.size)], // MEMOIZE
    [0x68, () => recall(view.getUint8(take(1)))], // BINGET
    [0x6a, () => recall(view.getUint32(take(4), true))], // LONG_BINGET
    [0x63, () => void stack.push(new Foreign(`${line()} ${line()}`))], // GLOBAL
    [
      0x93,
      () => {
        const [name, module] = [pop(), pop()];
        if (typeof name !== 'string' || typeof module !== 'string') {
          return refuse('name of a class in the pickle', typeof name, 'a string');
        }
        stack.push(new Foreign(`${module} ${name}`));
      },
    ], // STACK_GLOBAL
    [0x52, () => call()], // REDUCE
    [0x81, () => call()], // NEWOBJ
    [0x62, () => void pop()], // BUILD, attributes beside the items
    [0x51, () => void stack.push(persistent(pop()))], // BINPERSID
  ]);

  /** Whole numbers of up to 255 bytes, two's complement, the lowest byte first. */
  const long = (length: number): number | bigint => {
    const begin = take(length);
    let value = 0n;
    for (let index = length - 1; index >= 0; index--) value = (value << 8n) | BigInt(bytes[begin + index]!);
    value = BigInt.asIntN(8 * length, value);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  };

  for (;;) {
    const code = bytes[take(1)]!;
    if (code === 0x2e) return { value: pop(), end: at }; // STOP
    const instruction = instructions.get(code);
    if (instruction === undefined) {
      return refuse('instruction of the pickle', `0x${code.toString(16)}`, 'one that torch.save writes');
    }
    instruction();
  }
}
