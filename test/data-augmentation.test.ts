import { type OptionError, uniform } from 'tenfold';
import { describe, expect, test } from 'vitest';
import { Draws } from '../packages/cli/dist/data/augmentation/_draws.js';
import { emptyGrid, resample, resetGrid } from '../packages/cli/dist/data/augmentation/_grid.js';
import { boxWidths, emptyField, sumBoxes, valueAt } from '../packages/cli/dist/data/augmentation/_smooth.js';
import { type Turn, turn } from '../packages/cli/dist/data/augmentation/affine.js';
import { shift } from '../packages/cli/dist/data/augmentation/crop.js';
import { mirror } from '../packages/cli/dist/data/augmentation/flip.js';
import {
  augmentationPresets,
  augmenter,
  describeAugmentation,
  type Frame,
  parseAugmentation,
} from '../packages/cli/dist/data/augmentation/index.js';

const frames: Frame[] = [
  { height: 7, width: 5, channels: 1 },
  { height: 4, width: 9, channels: 3 },
  { height: 1, width: 1, channels: 1 },
];

function picture({ height, width, channels }: Frame): Uint8Array {
  const length = height * width * channels;
  return Uint8Array.from(uniform(length, 1, 256, { seed: 1, purpose: 'picture' }));
}

const blank = (frame: Frame) => new Uint8Array(picture(frame).length).fill(99);

/** The picture after augmentation, in bytes of its own. */
function augmented(
  spec: string,
  frame: Frame,
  { seed = 1, epoch = 1, index = 0, image = picture(frame) } = {},
) {
  return augmenter(parseAugmentation(spec), frame, seed)(image, epoch, index).slice();
}

function refusal(spec: string): OptionError {
  try {
    parseAugmentation(spec);
  } catch (error) {
    return error as OptionError;
  }
  throw new Error(`${spec} was read`);
}

describe('a spec', () => {
  test('has names, numbers and usual values', () => {
    expect(parseAugmentation('crop:4,flip,affine:10,elastic:34:4,erase:0.25')).toEqual([
      { name: 'crop', values: [4] },
      { name: 'flip', values: [0.5] },
      { name: 'affine', values: [10, 0, 0, 0] },
      { name: 'elastic', values: [34, 4] },
      { name: 'erase', values: [0.25, 0.02, 0.4] },
    ]);
    expect(parseAugmentation(' flip , affine:5::0.1')).toEqual([
      { name: 'flip', values: [0.5] },
      { name: 'affine', values: [5, 0, 0.1, 0] },
    ]);
    expect(parseAugmentation('')).toEqual([]);
  });

  test.each(Object.keys(augmentationPresets))('may name the preset %s', (preset) => {
    const steps = parseAugmentation(augmentationPresets[preset]!);
    expect(parseAugmentation(preset)).toEqual(steps);
    expect(parseAugmentation(`${preset},erase:1`)).toEqual([...steps, ...parseAugmentation('erase:1')]);
    expect(parseAugmentation(describeAugmentation(steps))).toEqual(steps);
  });

  test('is described with every number', () => {
    expect(describeAugmentation(parseAugmentation('cifar'))).toBe('crop:4,flip:0.5');
    expect(describeAugmentation([])).toBe('none');
  });

  test.each([
    [
      'rotate:3',
      "augmentation: 'rotate' is not known; " +
        'expected crop, flip, affine, elastic, erase, none, mnist or cifar',
    ],
    ['crop:4,,flip', "augmentation: '' is not known"],
    ['constructor', "augmentation: 'constructor' is not known"],
    ['mnist:2', "augmentation: 'mnist' is not known"],
    ['crop', "augmentation: crop takes its padding as a whole number from 1 to 1024, but was given ''"],
    [
      'crop:2.5',
      "augmentation: crop takes its padding as a whole number from 1 to 1024, but was given '2.5'",
    ],
    ['flip:2', "augmentation: flip takes its probability as a number from 0 to 1, but was given '2'"],
    ['flip:x', "augmentation: flip takes its probability as a number from 0 to 1, but was given 'x'"],
    [
      'flip:0.5:1',
      "augmentation: flip takes at most one number (probability), but was given 2 in 'flip:0.5:1'",
    ],
    [
      'elastic:34',
      "augmentation: elastic takes its sigma in pixels as a number from 1 to 100, but was given ''",
    ],
    ['erase:1:0.5:0.4', 'augmentation: erase has a smallest share of 0.5, above its largest of 0.4'],
    ['affine:-3', "augmentation: affine takes its degrees as a number from 0 to 180, but was given '-3'"],
  ])('%s is refused', (spec, message) => {
    expect(refusal(spec).message).toContain(message);
    expect(refusal(spec).details.operator).toBe('augmentation');
  });

  test('must not crop more than there is', () => {
    const frame = { height: 6, width: 4, channels: 1 };
    expect(() => augmenter(parseAugmentation('crop:4'), frame, 1)).toThrow(
      'augmentation: crop pads by 4, but the images are 6 x 4; expected less than 4',
    );
    expect(() => augmenter(parseAugmentation('crop:3'), frame, 1)).not.toThrow();
  });
});

describe.each(frames)('$height x $width x $channels', (frame) => {
  const { height, width, channels } = frame;
  const image = picture(frame);
  const grid = emptyGrid(frame);

  function turned(amounts: Partial<Turn>): Uint8Array {
    resetGrid(grid, frame);
    turn(grid, frame, { degrees: 0, right: 0, down: 0, scale: 1, shear: 0, ...amounts });
    return resample(image, blank(frame), frame, grid);
  }

  test('without augmentation an image is itself', () => {
    expect(augmented('none', frame)).toEqual(image);
  });

  test('flipped once it is mirrored, twice it is itself', () => {
    const once = mirror(image, blank(frame), frame);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const at = (y * width + x) * channels;
        const mirrored = (y * width + (width - 1 - x)) * channels;
        expect(once.subarray(at, at + channels)).toEqual(image.subarray(mirrored, mirrored + channels));
      }
    }
    expect(mirror(once, blank(frame), frame)).toEqual(image);
    expect(augmented('flip:1', frame)).toEqual(once);
    expect(augmented('flip:1,flip:1', frame)).toEqual(image);
    expect(augmented('flip:0', frame)).toEqual(image);
  });

  test('shifted it keeps what is inside, and is black elsewhere', () => {
    for (const down of [-height - 1, -2, 0, 1, height]) {
      for (const right of [-width - 1, -1, 0, 3, width]) {
        const shifted = shift(image, blank(frame), frame, down, right);
        for (let at = 0; at < shifted.length; at++) {
          const channel = at % channels;
          const y = Math.floor(at / channels / width) + down;
          const x = (Math.floor(at / channels) % width) + right;
          const inside = y >= 0 && y < height && x >= 0 && x < width;
          expect(shifted[at]).toBe(inside ? image[(y * width + x) * channels + channel] : 0);
        }
      }
    }
  });

  test('neither turned, moved, scaled nor sheared it is itself', () => {
    expect(turned({})).toEqual(image);
    expect(augmented('affine:0', frame)).toEqual(image);
    expect(augmented('elastic:0:3', frame)).toEqual(image);
    expect(augmented('affine:0,elastic:0:3', frame)).toEqual(image);
  });

  test('turned by half a turn it is reversed', () => {
    const half = turned({ degrees: 180 });
    for (let pixel = 0; pixel < height * width; pixel++) {
      const opposite = height * width - 1 - pixel;
      expect(half.subarray(pixel * channels, (pixel + 1) * channels)).toEqual(
        image.subarray(opposite * channels, (opposite + 1) * channels),
      );
    }
  });

  test('moved by whole pixels it is shifted', () => {
    expect(turned({ right: 2, down: -1 })).toEqual(shift(image, blank(frame), frame, 1, -2));
  });

  test('moved by half a pixel it is the mean of neighbours', () => {
    const moved = turned({ right: 0.5 });
    for (let at = 0; at < moved.length; at++) {
      const x = Math.floor(at / channels) % width;
      const left = x === 0 ? 0 : image[at - channels]!;
      expect(moved[at]).toBe(Math.floor((left + image[at]!) / 2 + 0.5));
    }
  });
});

describe('a turned square', () => {
  const frame = { height: 5, width: 5, channels: 1 };
  const image = picture(frame);
  const grid = emptyGrid(frame);

  function turned(source: Uint8Array, amounts: Partial<Turn>): Uint8Array {
    resetGrid(grid, frame);
    turn(grid, frame, { degrees: 0, right: 0, down: 0, scale: 1, shear: 0, ...amounts });
    return resample(source, blank(frame), frame, grid);
  }

  test('turns clockwise, and is itself after four quarters', () => {
    const quarter = turned(image, { degrees: 90 });
    // What was in the top left corner is in the top right one.
    expect(quarter[4]).toBe(image[0]);
    expect(quarter[24]).toBe(image[4]);
    const [half, threeQuarters] = [turned(quarter, { degrees: 90 }), turned(image, { degrees: -90 })];
    expect(turned(half, { degrees: 90 })).toEqual(threeQuarters);
    expect(turned(threeQuarters, { degrees: 90 })).toEqual(image);
  });

  test('scaled by two keeps its middle, and shows it larger', () => {
    const scaled = turned(image, { scale: 2 });
    expect(scaled[12]).toBe(image[12]);
    expect(scaled[10]).toBe(image[11]);
    expect(scaled[2]).toBe(image[7]);
  });

  test('sheared by 45 degrees moves each row by one more', () => {
    const sheared = turned(image, { shear: 45 });
    const row = (bytes: Uint8Array, y: number) => [...bytes.subarray(5 * y, 5 * y + 5)];
    expect(row(sheared, 2)).toEqual(row(image, 2));
    expect(row(sheared, 1)).toEqual([...row(image, 1).slice(1), 0]);
    expect(row(sheared, 3)).toEqual([0, ...row(image, 3).slice(0, 4)]);
  });
});

describe('draws', () => {
  const frame = { height: 9, width: 9, channels: 1 };
  /** A single white pixel in the middle. */
  const dot = Uint8Array.from({ length: 81 }, (_, at) => (at === 40 ? 255 : 0));

  test('crops reach every place within the padding equally often, and none beyond', () => {
    const change = augmenter(parseAugmentation('crop:2'), frame, 7);
    const count = 5000;
    const frequency = new Map<number, number>();
    for (let index = 0; index < count; index++) {
      const place = change(dot, 3, index).indexOf(255);
      frequency.set(place, (frequency.get(place) ?? 0) + 1);
    }
    const around = [-2, -1, 0, 1, 2];
    const places = around.flatMap((y) => around.map((x) => 40 + 9 * y + x));
    expect([...frequency.keys()].sort((a, b) => a - b)).toEqual(places);
    // Chi-squared with 24 degrees of freedom; 1 in 10,000 fair draws exceeds 58.
    const expected = count / places.length;
    const chiSquared = [...frequency.values()].reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    expect(chiSquared).toBeLessThan(58);
  });

  test.each([0.1, 0.5, 0.9])('flips happen with their probability %d', (probability) => {
    const edge = Uint8Array.from({ length: 81 }, (_, at) => (at === 0 ? 255 : 0));
    const change = augmenter(parseAugmentation(`flip:${probability}`), frame, 7);
    const count = 4000;
    let flipped = 0;
    for (let index = 0; index < count; index++) if (change(edge, 0, index)[8] === 255) flipped++;
    const fiveDeviations = 5 * Math.sqrt(count * probability * (1 - probability));
    expect(Math.abs(flipped - count * probability)).toBeLessThan(fiveDeviations);
  });

  test('erased rectangles have their probability, shares and shapes, and random bytes', () => {
    const square = { height: 40, width: 40, channels: 3 };
    const image = new Uint8Array(4800);
    const change = augmenter(parseAugmentation('erase:0.5:0.1:0.3'), square, 7);
    const count = 600;
    let erased = 0;
    let byteSum = 0;
    let bytes = 0;
    for (let index = 0; index < count; index++) {
      const result = change(image, 0, index);
      if (result === image) continue;
      erased++;
      // A random byte is 0 now and then, so a pixel counts as erased if any of its three is not.
      const pixels = Array.from({ length: 1600 }, (_, pixel) => pixel).filter((pixel) =>
        result.subarray(3 * pixel, 3 * pixel + 3).some((byte) => byte !== 0),
      );
      const rows = pixels.map((pixel) => Math.floor(pixel / 40));
      const columns = pixels.map((pixel) => pixel % 40);
      const height = Math.max(...rows) - Math.min(...rows) + 1;
      const width = Math.max(...columns) - Math.min(...columns) + 1;
      expect(pixels.length).toBe(height * width);
      // Sides are rounded to whole pixels.
      expect((height + 0.5) * (width + 0.5)).toBeGreaterThan(0.1 * 1600);
      expect((height - 0.5) * (width - 0.5)).toBeLessThan(0.3 * 1600);
      expect((height + 0.5) / (width - 0.5)).toBeGreaterThan(0.3);
      expect((height - 0.5) / (width + 0.5)).toBeLessThan(1 / 0.3);
      byteSum += result.reduce((sum, byte) => sum + byte, 0);
      bytes += 3 * pixels.length;
    }
    expect(Math.abs(erased - count / 2)).toBeLessThan(5 * Math.sqrt(count / 4));
    // The deviation of a random byte is 74.
    expect(Math.abs(byteSum / bytes - 127.5)).toBeLessThan((5 * 74) / Math.sqrt(bytes));
    expect(image.every((byte) => byte === 0)).toBe(true);
  });

  test('turns are even and within their bounds', () => {
    // A line from the middle to the right: its end shows the angle.
    const side = 101;
    const square = { height: side, width: side, channels: 1 };
    const line = new Uint8Array(side * side);
    for (let x = 51; x < 101; x++) line[50 * side + x] = 255;
    const change = augmenter(parseAugmentation('affine:30'), square, 7);
    const angles = Array.from({ length: 300 }, (_, index) => {
      const result = change(line, 0, index);
      const column = Array.from({ length: side }, (_, y) => result[y * side + 85]!);
      const weight = column.reduce((sum, byte) => sum + byte, 0);
      const y = column.reduce((sum, byte, row) => sum + byte * (row - 50), 0) / weight;
      return (Math.atan2(y, 35) * 180) / Math.PI;
    });
    expect(Math.min(...angles)).toBeGreaterThan(-31);
    expect(Math.max(...angles)).toBeLessThan(31);
    const mean = angles.reduce((sum, angle) => sum + angle, 0) / angles.length;
    const variance = angles.reduce((sum, angle) => sum + (angle - mean) ** 2, 0) / angles.length;
    expect(Math.abs(mean)).toBeLessThan((5 * 60) / Math.sqrt(12 * 300));
    expect(Math.sqrt(variance)).toBeCloseTo(60 / Math.sqrt(12), -0.5);
  });

  test('depend on seed, epoch, image and transform, and on nothing else', () => {
    const spec = 'crop:2,flip,affine:20:0.1:0.1:10,elastic:8:2,erase:0.5';
    const first = augmented(spec, frame);
    expect(augmented(spec, frame)).toEqual(first);
    const others = [{ seed: 2 }, { epoch: 2 }, { index: 1 }].map((change) => augmented(spec, frame, change));
    expect(new Set([first, ...others].map(String)).size).toBe(4);
    // The same augmenter, after other images and epochs.
    const change = augmenter(parseAugmentation(spec), frame, 1);
    for (const [epoch, index] of [
      [1, 5],
      [3, 0],
      [2, 2],
    ]) {
      change(picture(frame), epoch!, index!);
    }
    expect(change(picture(frame), 1, 0)).toEqual(first);
  });

  test('of one transform do not change with the others, and two of a kind differ', () => {
    const place = (spec: string, index: number) => augmented(spec, frame, { image: dot, index }).indexOf(255);
    for (let index = 0; index < 20; index++) {
      expect(place('flip:0,crop:2', index)).toBe(place('crop:2', index));
    }
    const moves = Array.from({ length: 20 }, (_, index) => {
      const once = place('crop:1', index) - 40;
      return place('crop:1,crop:1', index) - 40 - once - once;
    });
    expect(new Set(moves).size).toBeGreaterThan(1);
  });

  test('are in range', () => {
    const draws = new Draws(1, 'range');
    draws.start(0, 0);
    for (let draw = 0; draw < 2000; draw++) {
      const value = draws.uniform(-2, 3);
      expect(value >= -2 && value < 3).toBe(true);
      const whole = draws.below(7);
      expect(Number.isInteger(whole) && whole >= 0 && whole < 7).toBe(true);
    }
  });
});

describe('the elastic field', () => {
  test.each([1, 2.5, 4, 8, 30])('is smoothed by boxes whose variance is about that of sigma %d', (sigma) => {
    const widths = boxWidths(sigma);
    expect(widths.every((width) => width % 2 === 1)).toBe(true);
    // A box of w numbers has variance (w^2 - 1) / 12.
    const variance = widths.reduce((sum, width) => sum + (width ** 2 - 1) / 12, 0);
    expect(Math.abs(Math.sqrt(variance) - sigma)).toBeLessThan(0.3);
  });

  test.each([
    [6, 9, [3]],
    [5, 4, [7, 9]],
    [3, 3, [1, 3, 3]],
  ])('of %i x %i under boxes %j is the plain sum over squares', (height, width, boxes) => {
    const random = uniform(height * width, -100, 100, { seed: 1, purpose: 'field' });
    let plain = Array.from(random, Math.round);
    const field = emptyField(height, width, boxes);
    const at = (y: number, x: number) => field.first + y * field.stride + x;
    plain.forEach((value, place) => {
      field.values[at(Math.floor(place / width), place % width)] = value;
    });
    const spare = emptyField(height, width, boxes);
    for (const box of boxes) {
      sumBoxes(field, spare, box);
      const reach = (box - 1) / 2;
      plain = plain.map((_, place) => {
        const [y, x] = [Math.floor(place / width), place % width];
        return plain.reduce((sum, value, other) => {
          const near =
            Math.abs(Math.floor(other / width) - y) <= reach && Math.abs((other % width) - x) <= reach;
          return near ? sum + value : sum;
        }, 0);
      });
    }
    const summed = plain.map((_, place) => field.values[at(Math.floor(place / width), place % width)]);
    expect(summed).toEqual(plain);
    expect(valueAt(field, 1, 2)).toBe(plain[2 * width + 1]);
    expect(valueAt(field, 1.5, 2)).toBe((plain[2 * width + 1]! + plain[2 * width + 2]!) / 2);
    expect([valueAt(field, -1, 0), valueAt(field, 0, height), valueAt(field, Number.NaN, 0)]).toEqual([
      0, 0, 0,
    ]);
  });

  test('moves pixels as far as Simard et al. do: alpha over sigma and the root of 12 pi', () => {
    // An even number from -1 to 1 has variance 1 / 3; a Gaussian of deviation s in two dimensions divides it by 4 pi s^2.
    const [alpha, sigma] = [34, 4];
    const side = 60;
    const frame = { height: side, width: side, channels: 3 };
    // Red and green say how far to the right and how far down a pixel was taken from.
    const image = new Uint8Array(side * side * 3);
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) image.set([4 * x, 4 * y, 0], 3 * (side * y + x));
    }
    const change = augmenter(parseAugmentation(`elastic:${alpha}:${sigma}`), frame, 1);
    let squares = 0;
    let count = 0;
    for (let index = 0; index < 40; index++) {
      const result = change(image, 0, index);
      for (let y = 15; y < 45; y += 5) {
        for (let x = 15; x < 45; x += 5) {
          const at = 3 * (side * y + x);
          squares += (result[at]! / 4 - x) ** 2 + (result[at + 1]! / 4 - y) ** 2;
          count += 2;
        }
      }
    }
    const expected = alpha / (sigma * Math.sqrt(12 * Math.PI));
    // Neighbouring samples are correlated; 40 images of 72 displacements leave a few percent.
    expect(Math.sqrt(squares / count) / expected).toBeGreaterThan(0.9);
    expect(Math.sqrt(squares / count) / expected).toBeLessThan(1.1);
  });
});

test('the bits of every transform are these, on any machine', () => {
  const frame = { height: 28, width: 28, channels: 1 };
  const change = augmenter(
    parseAugmentation('crop:4,flip,affine:15:0.1:0.1:5,elastic:34:4,erase:0.5'),
    frame,
    1,
  );
  let checksum = 0;
  for (let index = 0; index < 50; index++) {
    for (const byte of change(picture(frame), 1, index)) checksum = (Math.imul(checksum, 31) + byte) >>> 0;
  }
  expect(checksum.toString(16)).toBe('8378e2e4');
});
