/**
 * Reverse-mode differentiation. Every tensor that depends on a parameter holds the node that made it, a node holds the
 * nodes of its inputs: the tape is that graph, and there is no list beside it. A node keeps the activations that its
 * gradient reads, lets go of them as soon as the backward pass has gone by, and also when nobody can reach it any more.
 */

import { empty, type Operand, type Storage } from '../device/device.js';
import { StateError } from '../errors.js';

/** Given the gradient of an operator's output, the gradients of its inputs; undefined where none is wanted. */
export type Pullback = (gradient: Operand) => readonly (Operand | undefined)[];

let nextSequence = 0;

export class TapeNode {
  readonly #sequence = nextSequence++;
  readonly #savedVersions: number[];
  #holders = 1;
  #spent = false;

  /**
   * @param operator The operator's name, for error messages.
   * @param inputs The nodes of the inputs, in order; undefined where an input needs no gradient.
   * @param saved What `pullback` reads; the node holds it until it is spent.
   */
  constructor(
    readonly operator: string,
    private inputs: readonly (TapeNode | undefined)[],
    private saved: readonly Storage[],
    private pullback: Pullback,
  ) {
    this.#savedVersions = saved.map((storage) => storage.version);
    for (const storage of saved) storage.retain();
    for (const input of inputs) input?.retain();
  }

  retain(): void {
    this.#holders++;
  }

  release(): void {
    if (--this.#holders === 0) this.#spend();
  }

  #spend(): void {
    if (this.#spent) return;
    this.#spent = true;
    for (const storage of this.saved) storage.release();
    for (const input of this.inputs) input?.release();
    this.saved = [];
    this.inputs = [];
  }

  #pullAndRelease(gradient: Operand): readonly (Operand | undefined)[] {
    try {
      return this.#pull(gradient);
    } finally {
      gradient.storage.release();
    }
  }

  #pull(gradient: Operand): readonly (Operand | undefined)[] {
    if (this.#spent) {
      throw new StateError(
        `backward: the tape behind ${this.operator} has been used already: a result can be differentiated once; run the forward pass again`,
      );
    }
    this.saved.forEach((storage, index) => {
      if (storage.version !== this.#savedVersions[index]) {
        throw new StateError(
          `backward: a tensor that ${this.operator} needs for its gradient was changed in place after the forward pass; run the forward pass again after changing it`,
        );
      }
    });
    return this.pullback(gradient);
  }

  /** Carries `gradient`, which it takes over, from here back to the leaves. */
  static backward(root: TapeNode, gradient: Operand): void {
    const order = reachable(root).sort((a, b) => b.#sequence - a.#sequence);
    for (const node of order) node.retain();
    const arrived = new Map<TapeNode, Operand>([[root, gradient]]);
    try {
      for (const node of order) {
        const here = arrived.get(node);
        arrived.delete(node);
        if (here === undefined) continue;
        const inputs = node.inputs;
        const gradients = node.#pullAndRelease(here);
        inputs.forEach((input, index) => {
          const contribution = gradients[index];
          if (contribution === undefined) return;
          if (input === undefined) contribution.storage.release();
          else arrived.set(input, sum(arrived.get(input), contribution));
        });
        if (inputs.length > 0) node.#spend();
      }
    } finally {
      for (const operand of arrived.values()) operand.storage.release();
      for (const node of order) node.release();
    }

    function reachable(from: TapeNode): TapeNode[] {
      const seen = new Set<TapeNode>([from]);
      for (const node of seen) for (const input of node.inputs) if (input !== undefined) seen.add(input);
      return [...seen];
    }
  }

  /** The end of the tape: `receive` takes over the gradient that arrives there. */
  static leaf(receive: (gradient: Operand) => void): TapeNode {
    return new TapeNode('leaf', [], [], (gradient) => {
      gradient.storage.retain();
      receive(gradient);
      return [];
    });
  }
}

/** Adds two gradients, both of which it takes over; in place of one that nobody else holds. */
export function sum(first: Operand | undefined, second: Operand): Operand {
  if (first === undefined) return second;
  const { device } = first.storage;
  const total = [first, second].find(({ storage }) => !storage.shared) ?? empty(device, first);
  device.run('accumulate', { length: first.storage.length }, { a: first, b: second, y: total });
  for (const taken of [first, second]) if (taken !== total) taken.storage.release();
  return total;
}

let recording = true;

export function isRecording(): boolean {
  return recording;
}

/** Runs `body` without a tape: nothing is kept for gradients. */
export function noGrad<Result>(body: () => Result): Result {
  const outer = recording;
  recording = false;
  try {
    return body();
  } finally {
    recording = outer;
  }
}
