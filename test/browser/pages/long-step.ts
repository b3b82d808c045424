import type { nn, optim } from 'tenfold';
import type { Digits, Tenfold } from '../../engine/training.js';

let training: { readonly model: nn.Module; readonly optimizer: optim.Optimizer } | undefined;

/** A training step of a tenth of a second and more: one that nobody wants to wait for. */
export async function longStep(tenfold: Tenfold, { images, labels }: Digits): Promise<void> {
  if (training === undefined) {
    const model = tenfold.models.mnistNet({ seed: 1 });
    training = { model, optimizer: tenfold.optim.sgd(model.parameters(), { lr: 0.01 }) };
  }
  const { model, optimizer } = training;
  const count = 256;
  const pixels = Float32Array.from(images.subarray(0, count * 784), (byte) => byte / 255);
  await tenfold.trainStep(optimizer, () =>
    tenfold.crossEntropy(
      model.forward(tenfold.tensor(pixels, [count, 28, 28, 1])),
      tenfold.tensor(Int32Array.from(labels.subarray(0, count)), [count]),
    ),
  );
}
