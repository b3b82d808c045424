/** Where tensors lie in the shared memory: best fit, neighbours merged when freed. Only the main thread allocates. */

import { OutOfMemoryError } from '../../errors.js';

const pageBytes = 65536;
/** Vector loads may reach a little beyond the last element. */
const slackBytes = 256;
const alignment = 64;
/** Growing is slow in some engines, so it is done in steps. */
const growthBytes = 16 * 1024 * 1024;

export class Heap {
  /** Address and length of free pieces, by address; no two of them touch. */
  readonly #free: { address: number; bytes: number }[];
  readonly #allocated = new Map<number, number>();
  #bytes = 0;
  #end: number;

  constructor(
    private readonly memory: WebAssembly.Memory,
    private readonly maximumBytes: number,
    start: number,
  ) {
    this.#end = memory.buffer.byteLength - slackBytes;
    this.#free = [{ address: start, bytes: this.#end - start }];
  }

  /** Bytes and pieces allocated now. */
  get bytes(): number {
    return this.#bytes;
  }

  get pieces(): number {
    return this.#allocated.size;
  }

  /** @throws OutOfMemoryError */
  allocate(bytes: number): number {
    const needed = Math.max(alignment, Math.ceil(bytes / alignment) * alignment);
    let best = this.#bestFit(needed);
    if (best < 0) {
      this.#grow(needed);
      best = this.#bestFit(needed);
    }
    const piece = this.#free[best]!;
    const { address } = piece;
    if (piece.bytes === needed) this.#free.splice(best, 1);
    else {
      piece.address += needed;
      piece.bytes -= needed;
    }
    this.#allocated.set(address, needed);
    this.#bytes += needed;
    return address;
  }

  /** Bytes of the piece at `address`. */
  sizeAt(address: number): number {
    return this.#allocated.get(address)!;
  }

  free(address: number): void {
    const bytes = this.#allocated.get(address)!;
    this.#allocated.delete(address);
    this.#bytes -= bytes;
    this.#insert(address, bytes);
  }

  #bestFit(bytes: number): number {
    const free = this.#free;
    let best = -1;
    for (let index = 0, least = Infinity; index < free.length; index++) {
      const piece = free[index]!;
      if (piece.bytes < bytes || piece.bytes >= least) continue;
      best = index;
      least = piece.bytes;
    }
    return best;
  }

  #insert(address: number, bytes: number): void {
    let index = this.#free.findIndex((piece) => piece.address > address);
    if (index < 0) index = this.#free.length;
    const before = this.#free[index - 1];
    const after = this.#free[index];
    const touchesBefore = before !== undefined && before.address + before.bytes === address;
    const touchesAfter = after !== undefined && address + bytes === after.address;
    if (touchesBefore) {
      before.bytes += bytes + (touchesAfter ? after.bytes : 0);
      if (touchesAfter) this.#free.splice(index, 1);
    } else if (touchesAfter) {
      after.address = address;
      after.bytes += bytes;
    } else {
      this.#free.splice(index, 0, { address, bytes });
    }
  }

  #grow(bytes: number): void {
    const last = this.#free.at(-1);
    const atEnd = last !== undefined && last.address + last.bytes === this.#end ? last.bytes : 0;
    const least = Math.ceil((bytes - atEnd) / pageBytes) * pageBytes;
    const available = this.maximumBytes - this.memory.buffer.byteLength;
    const step = Math.min(Math.max(least, growthBytes), available);
    try {
      if (least > available) throw new RangeError('beyond the maximum');
      this.memory.grow(Math.floor(step / pageBytes));
    } catch (cause) {
      throw this.#exhausted(bytes, cause);
    }
    const end = this.memory.buffer.byteLength - slackBytes;
    this.#insert(this.#end, end - this.#end);
    this.#end = end;
  }

  #exhausted(bytes: number, cause: unknown): OutOfMemoryError {
    const error = new OutOfMemoryError(
      `no room for ${mebibytes(bytes)} more: ${this.pieces} tensors hold ${mebibytes(this.#bytes)} of at most ${mebibytes(this.maximumBytes)}; use a smaller batch, or make tensors inside scope, trainStep or predict so that they are freed`,
      { requested: bytes, tensors: this.pieces, bytes: this.#bytes, maximum: this.maximumBytes },
    );
    error.cause = cause;
    return error;
  }
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1048576).toFixed(bytes < 10485760 ? 2 : 0)} MiB`;
}
