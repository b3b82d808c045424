// Trains a small network for 2,000 steps and prints, every 500, what the process holds.

import { crossEntropy, nn, optim, start, tensor, trainStep, uniform } from 'tenfold';

const device = await start({ threads: 2 });
const model = nn.seeded(
  1,
  () =>
    new nn.Sequential(
      new nn.Conv2d(1, 8, 3, { padding: 1 }),
      new nn.BatchNorm2d(8),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Dropout(0.2),
      new nn.Flatten(),
      new nn.Linear(8 * 7 * 7, 10),
    ),
);
const optimizer = optim.sgd(model.parameters(), { lr: 0.01, momentum: 0.9 });
const labels = Int32Array.from({ length: 16 }, (_, index) => index % 10);

for (let step = 1; step <= 2000; step++) {
  const images = uniform(16 * 14 * 14, -1, 1, { seed: 1, purpose: 'images', step });
  await trainStep(optimizer, () =>
    crossEntropy(model.forward(tensor(images, [16, 14, 14, 1])), tensor(labels, [16])),
  );
  if (step % 500 === 0) {
    globalThis.gc();
    const { bytes, tensors } = device.usage();
    const residentMegabytes = process.memoryUsage().rss / 1048576;
    console.log(JSON.stringify({ step, deviceBytes: bytes, tensors, residentMegabytes }));
  }
}
