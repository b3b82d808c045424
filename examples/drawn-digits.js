// 64 digits as a page draws them: in several typefaces and sizes, moved about and slanted.

const side = 28;

/** Draws them on a canvas of 224x224; each is an image of 28x28. */
export function drawDigits(canvas) {
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  pen.reset();
  const digits = Int32Array.from({ length: 64 }, () => 10 * Math.random());
  const images = Array.from(digits, (digit, cell) => {
    const [x, y] = [side * (cell % 8), side * Math.floor(cell / 8)];
    const [slant, left, base] = [Math.random() / 3, 5 + 5 * Math.random(), 20 + 5 * Math.random()];
    const typeface = ['serif', 'sans-serif', 'monospace'][Math.floor(3 * Math.random())];
    pen.setTransform(1, slant, Math.random() / 3 - 0.3, 1, x + left, y + base);
    pen.font = `${16 + 8 * Math.random()}px ${typeface}`;
    pen.fillText(digit, 0, 0);
    return pen.getImageData(x, y, side, side);
  });
  return { digits, images };
}
