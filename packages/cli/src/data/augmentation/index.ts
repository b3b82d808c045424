import { Draws } from './_draws.js';
import { emptyGrid, resample, resetGrid } from './_grid.js';
import type { Frame, Move } from './_transform.js';
import { transforms } from './_transforms.js';
import type { Augmentation } from './spec.js';

export type { Frame } from './_transform.js';
export {
  type Augmentation,
  augmentationPresets,
  describeAugmentation,
  parseAugmentation,
} from './spec.js';

/**
 * Makes the function that augments images of one size. It takes an image and returns its bytes changed; they last
 * until the next call. What becomes of an image depends on seed, epoch and its index only.
 */
export function augmenter(
  augmentation: Augmentation,
  frame: Frame,
  seed: number,
): (image: Uint8Array, epoch: number, index: number) => Uint8Array {
  const bytes = frame.height * frame.width * frame.channels;
  const one = new Uint8Array(bytes);
  const other = new Uint8Array(bytes);
  const stages = stagesOf(augmentation, frame, seed);
  return (image, epoch, index) => {
    let current = image;
    for (const stage of stages) current = stage(current, current === one ? other : one, epoch, index);
    return current;
  };
}

type Stage = (source: Uint8Array, target: Uint8Array, epoch: number, index: number) => Uint8Array;

function stagesOf(augmentation: Augmentation, frame: Frame, seed: number): Stage[] {
  const stages: Stage[] = [];
  let moves: { move: Move; draws: Draws }[] = [];
  const endMoves = () => {
    if (moves.length > 0) stages.push(movesInOne(moves, frame));
    moves = [];
  };
  augmentation.forEach(({ name, values }, position) => {
    const transform = transforms[name]!;
    // A second transform of the same name draws other numbers than the first.
    const earlier = augmentation.slice(0, position).filter((other) => other.name === name).length;
    const draws = new Draws(seed, `augmentation ${name} ${earlier}`);
    if ('move' in transform) {
      moves.push({ move: transform.move(values, frame), draws });
      return;
    }
    endMoves();
    const change = transform.change(values, frame);
    stages.push((source, target, epoch, index) => {
      draws.start(epoch, index);
      return change(source, target, draws);
    });
  });
  endMoves();
  return stages;
}

function movesInOne(moves: readonly { move: Move; draws: Draws }[], frame: Frame): Stage {
  const grid = emptyGrid(frame);
  // The grid leads from the result back to the source, so the last move comes first.
  const backwards = moves.toReversed();
  return (source, target, epoch, index) => {
    resetGrid(grid, frame);
    for (const { move, draws } of backwards) {
      draws.start(epoch, index);
      move(grid, draws);
    }
    return resample(source, target, frame, grid);
  };
}
