/** Pixels to tensors; test/browser has canvases, bitmaps and videos. */

import { OptionError, ShapeError, type Tensor, tensor } from 'tenfold';
import { imageData, imageTensor, type Pixels } from 'tenfold/page';
import { describe, expect, test } from 'vitest';
import './devices.js';

/** Opaque grey pixels, row by row. */
function grey(rows: readonly (readonly number[])[]): Pixels {
  const data = rows.flat().flatMap((value) => [value, value, value, 255]);
  return { data: Uint8ClampedArray.from(data), height: rows.length, width: rows[0]!.length };
}

const values = async (made: Tensor) => [...(await made.data())];

describe('imageTensor', () => {
  test('normalises bytes channel by channel, without rounding before float32', async () => {
    const pixels = { data: Uint8ClampedArray.of(10, 20, 30, 255), height: 1, width: 1 };
    const made = imageTensor(pixels, { mean: [0.1, 0.2, 0.3], std: [0.5, 0.25, 0.125] });
    expect(made.shape).toEqual([1, 1, 1, 3]);
    const expected = [(10 / 255 - 0.1) / 0.5, (20 / 255 - 0.2) / 0.25, (30 / 255 - 0.3) / 0.125];
    expect(await values(made)).toEqual(expected.map(Math.fround));
  });

  test('makes grey by the published weights, and keeps grey pixels exactly', async () => {
    const colour = { data: Uint8ClampedArray.of(100, 50, 200, 255), height: 1, width: 1 };
    const [luma] = await values(imageTensor(colour, { channels: 1 }));
    expect(luma).toBe(Math.fround((29900 + 29350 + 22800) / 1000 / 255));
    const [same] = await values(imageTensor(grey([[77]]), { channels: 1 }));
    expect(same).toBe(Math.fround(77 / 255));
  });

  test('shows transparent pixels on white, or on the grey that is asked for', async () => {
    const pixels = { data: Uint8ClampedArray.of(0, 0, 0, 51, 255, 255, 255, 0), height: 1, width: 2 };
    const onWhite = await values(imageTensor(pixels, { channels: 1 }));
    expect(onWhite).toEqual([0.8, 1].map(Math.fround));
    const onBlack = await values(imageTensor(pixels, { channels: 1, background: 0 }));
    expect(onBlack).toEqual([0, 0]);
  });

  test('scales down with a triangle filter over all pixels that fall into one', async () => {
    const row = [0, 70, 140, 210, 35, 105];
    const made = imageTensor(grey([row, row]), { height: 1, width: 3, channels: 1, fit: 'stretch' });
    const [left, middle, right] = (await values(made)).map((value) => value * 255);
    expect(left).toBeCloseTo((3 * 0 + 3 * 70 + 140) / 7, 4);
    expect(middle).toBeCloseTo((70 + 3 * 140 + 3 * 210 + 35) / 8, 4);
    expect(right).toBeCloseTo((210 + 3 * 35 + 3 * 105) / 7, 4);
  });

  test('scales up between the centres of pixels', async () => {
    const made = imageTensor(grey([[0, 100]]), { height: 1, width: 4, channels: 1, fit: 'stretch' });
    const scaled = (await values(made)).map((value) => value * 255);
    for (const [index, expected] of [0, 25, 75, 100].entries())
      expect(scaled[index]).toBeCloseTo(expected, 4);
  });

  test('covers the size and cuts around the middle', async () => {
    const rows = [0, 1].map(() => [10, 20, 30, 40]);
    const made = imageTensor(grey(rows), { height: 2, width: 2, channels: 1 });
    const scaled = (await values(made)).map((value) => value * 255);
    for (const [index, expected] of [20, 30, 20, 30].entries())
      expect(scaled[index]).toBeCloseTo(expected, 4);
  });

  test('makes one batch of images of several sizes', () => {
    const made = imageTensor([grey([[1, 2]]), grey([[3], [4], [5]])], { height: 2, width: 2 });
    expect(made.shape).toEqual([2, 2, 2, 3]);
  });

  test.each([
    [{ channels: 2 }, 'imageTensor: channels must be 1 or 3, not 2'],
    [{ width: 0 }, 'imageTensor: width must be a whole number of pixels from 1 up, not 0'],
    [{ mean: [0.5] }, 'imageTensor: mean must be 3 numbers, one for each channel, not [0.5]'],
    [{ std: [1, 0, 1] }, 'imageTensor: std must be 3 numbers other than 0, not [1,0,1]'],
  ])('refuses %j', (options, message) => {
    expect(() => imageTensor(grey([[1]]), options)).toThrow(OptionError);
    expect(() => imageTensor(grey([[1]]), options)).toThrow(message);
  });
});

test('imageData refuses what is no picture', async () => {
  const refused = imageData(tensor(new Float32Array(12), [2, 2, 3, 1]));
  await expect(refused).rejects.toThrow(ShapeError);
  await expect(refused).rejects.toThrow(
    'imageData: the tensor has shape [2, 2, 3, 1], but a picture is [H, W, C]',
  );
});
