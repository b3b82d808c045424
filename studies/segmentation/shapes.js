// @ts-check
/**
 * Shapes of very different sizes: grey images of 64x64 with a class for each pixel. On each lie a large shape (12 to 22
 * pixels from centre to rim) and six to nine small ones (3.5 to 6.5), each a disc, a square, a triangle or a ring of a
 * grey of its own, over a slope of grey, with noise. The inside of a large shape is flat: what it belongs to can only be
 * told from its rim, which may be 22 pixels away; a small shape has a few dozen pixels to be told from.
 *
 * Image i of a split is a pure function of the split's name and i, in plain arithmetic and with the library's random
 * numbers, so it has the same bytes on every machine.
 */

import { uniform } from 'tenfold';

export const side = 64;
export const classNames = ['background', 'disc', 'square', 'triangle', 'ring'];

/** How many images each split has. */
export const splits = { train: 2048, validation: 256, test: 512 };

/** @typedef {keyof typeof splits} Split */

const seed = 1;
const pixels = side * side;

/** Sizes of shapes, as the distance from centre to rim in pixels; each side of a box around it is that much and a margin. */
export const sizes = [
  { name: 'small', least: 3.5, most: 6.5, margin: 3 },
  { name: 'large', least: 12, most: 22, margin: 3 },
];
const [small, large] = [0, 1];

/**
 * @typedef {object} Shapes
 * @property {Uint8Array} images [count, 64, 64, 1]
 * @property {Int32Array} labels [count, 64, 64]: positions in `classNames`
 * @property {Uint8Array} regions [count, 64, 64]: 1 for what belongs to a small shape, its pixels and the background in
 *   the box around it, 2 for what belongs to a large one and to no small one, 0 for the rest
 * @property {number} count
 */

/**
 * The first images of a split, all if not told otherwise.
 *
 * @param {Split} split
 * @param {number} [count]
 * @returns {Shapes}
 */
export function shapes(split, count = splits[split]) {
  const images = new Uint8Array(count * pixels);
  const labels = new Int32Array(count * pixels);
  const regions = new Uint8Array(count * pixels);
  for (let index = 0; index < count; index++) {
    const part = [index * pixels, (index + 1) * pixels];
    paint(split, index, images.subarray(...part), labels.subarray(...part), regions.subarray(...part));
  }
  return { images, labels, regions, count };
}

/**
 * @typedef {object} Shape
 * @property {number} kind 1 to 4, as in `classNames`
 * @property {number} size small or large
 * @property {number} row Of the centre
 * @property {number} column
 * @property {number} radius
 * @property {number} cosine Of its rotation
 * @property {number} sine
 */

/**
 * @param {Split} split
 * @param {number} index
 * @param {Uint8Array} image
 * @param {Int32Array} labels
 * @param {Uint8Array} regions
 */
function paint(split, index, image, labels, regions) {
  const draw = drawing(`shapes ${split}`, index);
  const grey = ground(draw);
  const owners = new Uint8Array(pixels);
  for (const shape of arrange(draw)) {
    const under = grey[Math.floor(shape.row) * side + Math.floor(shape.column)];
    cover(shape, contrasting(draw, under), grey, labels, owners);
    frame(shape, regions);
  }
  for (let pixel = 0; pixel < pixels; pixel++) {
    if (labels[pixel] > 0) regions[pixel] = owners[pixel] + 1;
  }
  const noise = uniform(pixels, -0.1, 0.1, { seed, purpose: `shapes ${split} noise`, step: index });
  for (let pixel = 0; pixel < pixels; pixel++) {
    image[pixel] = Math.round(255 * Math.min(Math.max(grey[pixel] + noise[pixel], 0), 1));
  }
}

/**
 * Numbers from `low` to `high`, a new one with each call.
 *
 * @param {string} purpose
 * @param {number} step
 */
function drawing(purpose, step) {
  const numbers = uniform(2048, 0, 1, { seed, purpose, step });
  let used = 0;
  return (/** @type {number} */ low, /** @type {number} */ high) => low + (high - low) * numbers[used++];
}

/** @typedef {ReturnType<typeof drawing>} Draw */

/**
 * A plane of grey.
 *
 * @param {Draw} draw
 */
function ground(draw) {
  const level = draw(0.2, 0.8);
  const [down, right] = [draw(-0.15, 0.15), draw(-0.15, 0.15)];
  const grey = new Float64Array(pixels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const [row, column] = [Math.floor(pixel / side), pixel % side];
    grey[pixel] = level + down * (row / side - 0.5) + right * (column / side - 0.5);
  }
  return grey;
}

/**
 * Large shapes first, so that small ones may lie on them. Those of one size keep apart; one that finds no place in
 * twenty attempts is left out.
 *
 * @param {Draw} draw
 * @returns {Shape[]}
 */
function arrange(draw) {
  /** @type {Shape[]} */
  const placed = [];
  const wanted = [Math.floor(draw(6, 10)), 1];
  for (const size of [large, small]) {
    for (let n = 0; n < wanted[size]; n++) {
      for (let attempt = 0; attempt < 20; attempt++) {
        const shape = someShape(draw, size);
        const apart = placed.every(
          (other) =>
            other.size !== size ||
            Math.max(Math.abs(other.row - shape.row), Math.abs(other.column - shape.column)) >
              other.radius + shape.radius + 1,
        );
        if (!apart) continue;
        placed.push(shape);
        break;
      }
    }
  }
  return placed;
}

/**
 * @param {Draw} draw
 * @param {number} size
 * @returns {Shape}
 */
function someShape(draw, size) {
  const { least, most } = sizes[size];
  const radius = draw(least, most);
  // Large ones may reach over the rim of the image.
  const inset = size === small ? radius : radius / 2;
  // Cosine and sine by the tangent of half the angle, which is from -90 to 90 degrees.
  const tangent = draw(-1, 1);
  const square = tangent * tangent;
  return {
    kind: Math.floor(draw(1, classNames.length)),
    size,
    radius,
    row: draw(inset, side - inset),
    column: draw(inset, side - inset),
    cosine: (1 - square) / (1 + square),
    sine: (2 * tangent) / (1 + square),
  };
}

/**
 * A grey that can be told from the one under it.
 *
 * @param {Draw} draw
 * @param {number} under
 */
function contrasting(draw, under) {
  const distance = draw(0.25, 0.45);
  const darker = draw(0, 1) < 0.5 ? under - distance : under + distance;
  return darker >= 0 && darker <= 1 ? darker : 2 * under - darker;
}

/**
 * Whether a place is inside; the rim is about 1 from the centre.
 *
 * @type {readonly ((x: number, y: number) => boolean)[]}
 */
const inside = [
  () => false,
  (x, y) => x * x + y * y <= 1,
  (x, y) => Math.max(Math.abs(x), Math.abs(y)) <= 0.8,
  (x, y) => y >= -0.5 && Math.sqrt(3) * Math.abs(x) + y <= 1,
  (x, y) => x * x + y * y <= 1 && x * x + y * y >= 0.3,
];

/** Places in a pixel that are looked at, along each axis; a pixel belongs to a shape that has most of them. */
const places = [1 / 6, 3 / 6, 5 / 6];

/**
 * @param {Shape} shape
 * @param {number} level
 * @param {Float64Array} grey
 * @param {Int32Array} labels
 * @param {Uint8Array} owners
 */
function cover({ kind, size, row, column, radius, cosine, sine }, level, grey, labels, owners) {
  forBox(row, column, radius + 1, (pixel, top, left) => {
    let covered = 0;
    for (const down of places) {
      for (const right of places) {
        const [y, x] = [(top + down - row) / radius, (left + right - column) / radius];
        if (inside[kind](cosine * x + sine * y, cosine * y - sine * x)) covered++;
      }
    }
    const share = covered / (places.length * places.length);
    grey[pixel] += share * (level - grey[pixel]);
    if (share > 0.5) {
      labels[pixel] = kind;
      owners[pixel] = size;
    }
  });
}

/**
 * Marks the box around a shape, a small one's over a large one's.
 *
 * @param {Shape} shape
 * @param {Uint8Array} regions
 */
function frame({ size, row, column, radius }, regions) {
  forBox(row, column, radius + sizes[size].margin, (pixel) => {
    if (regions[pixel] !== small + 1) regions[pixel] = size + 1;
  });
}

/**
 * @param {number} row
 * @param {number} column
 * @param {number} reach
 * @param {(pixel: number, top: number, left: number) => void} visit
 */
function forBox(row, column, reach, visit) {
  const [bottom, right] = [row, column].map((at) => Math.min(side - 1, Math.floor(at + reach)));
  for (let top = Math.max(0, Math.floor(row - reach)); top <= bottom; top++) {
    for (let left = Math.max(0, Math.floor(column - reach)); left <= right; left++) {
      visit(top * side + left, top, left);
    }
  }
}
