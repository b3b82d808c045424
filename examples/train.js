// node examples/train.js: a small network learns to tell drawn rings from drawn crosses.
import { crossEntropy, models, optim, predict, start, tensor, trainStep, uniform } from 'tenfold';

/** 32 images of 28x28, rings and crosses in turn, moved about and of several sizes. */
function draw(step) {
  const random = uniform(32 * 3, 0, 1, { seed: 1, purpose: 'drawing', step });
  const pixels = Float32Array.from({ length: 32 * 784 }, (_, at) => {
    const [image, y, x] = [Math.floor(at / 784), Math.floor(at / 28) % 28, at % 28];
    const [dx, dy] = [x - 9 - 9 * random[image * 3], y - 9 - 9 * random[image * 3 + 1]];
    const [radius, distance] = [5 + 4 * random[image * 3 + 2], Math.hypot(dx, dy)];
    return (image % 2 === 0 ? distance > radius - 2 : Math.min(dx * dx, dy * dy) < 1) && distance < radius
      ? 1
      : 0;
  });
  return tensor(pixels, [32, 28, 28, 1]);
}

console.log((await start()).description);
const labels = Int32Array.from({ length: 32 }, (_, image) => image % 2);
const model = models.mnistNet({ numClasses: 2, seed: 1 });
const optimizer = optim.adam(model.parameters(), { lr: 0.003 });
for (let step = 0; step < 40; step++) {
  const loss = await trainStep(optimizer, () => crossEntropy(model.forward(draw(step)), tensor(labels)));
  if (step % 10 === 9) console.log(`step ${step + 1}: loss ${loss.toFixed(3)}`);
}
const scores = await predict(() => model.eval().forward(draw(1000)));
const right = labels.filter((label, image) => label === Number(scores[2 * image + 1] > scores[2 * image]));
console.log(`${right.length} of 32 new drawings recognised`);
