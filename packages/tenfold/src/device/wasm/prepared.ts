/**
 * What kernels have prepared of a weight (transformed or packed), kept until the weight changes or is freed. When there
 * is too much, what was used longest ago goes first; its kernel then prepares it anew, with the same numbers.
 */

import type { Heap } from './heap.js';

export interface Preparation {
  readonly owner: object;
  readonly key: string;
  readonly address: number;
  readonly bytes: number;
  /** The version of the weight that it was made from; undefined while it is made. */
  version: number | undefined;
}

export class Prepared {
  readonly #byOwner = new Map<object, Map<string, Preparation>>();
  /** The one used last comes last. */
  readonly #order = new Set<Preparation>();
  #bytes = 0;

  constructor(
    private readonly heap: Heap,
    private readonly maximumBytes: number,
  ) {}

  get bytes(): number {
    return this.#bytes;
  }

  get pieces(): number {
    return this.#order.size;
  }

  /** What is there of `owner`, or undefined. */
  find(owner: object, key: string): Preparation | undefined {
    const found = this.#byOwner.get(owner)?.get(key);
    if (found !== undefined) {
      this.#order.delete(found);
      this.#order.add(found);
    }
    return found;
  }

  /** Takes over `address`, memory of the heap, and drops others if there are too many. */
  add(owner: object, key: string, address: number): Preparation {
    const bytes = this.heap.sizeAt(address);
    const added = { owner, key, address, bytes, version: undefined };
    this.#bytes += bytes;
    this.#order.add(added);
    const ofOwner = this.#byOwner.get(owner) ?? new Map<string, Preparation>();
    this.#byOwner.set(owner, ofOwner.set(key, added));
    while (this.#bytes > this.maximumBytes && this.dropOldest(added));
    return added;
  }

  /** Frees what was used longest ago, but not `inUse`. Returns false if there is nothing to free. */
  dropOldest(inUse?: Preparation): boolean {
    for (const oldest of this.#order) {
      if (oldest === inUse) continue;
      this.#drop(oldest);
      return true;
    }
    return false;
  }

  /** Frees what was prepared of `owner`. */
  forget(owner: object): void {
    for (const preparation of this.#byOwner.get(owner)?.values() ?? []) this.#drop(preparation);
  }

  #drop(preparation: Preparation): void {
    const { owner, key, address, bytes } = preparation;
    this.heap.free(address);
    this.#bytes -= bytes;
    this.#order.delete(preparation);
    const ofOwner = this.#byOwner.get(owner)!;
    ofOwner.delete(key);
    if (ofOwner.size === 0) this.#byOwner.delete(owner);
  }
}
