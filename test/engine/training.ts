/**
 * Two trainings on real digits that must give the same bits everywhere. This file imports nothing but types, so that
 * Node, pages and workers run the same text.
 */

export type Tenfold = typeof import('tenfold');

/** Digits of 28x28 pixels in the order in which they are trained on, a byte each, and what they show. */
export interface Digits {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

export interface TrainingResult {
  readonly losses: readonly number[];
  /** SHA-256 over all losses, then all parameters and buffers, bit by bit. */
  readonly checksum: string;
}

/** Tells of each step, then returns; whoever follows it decides when it goes on. */
export type Training = AsyncGenerator<{ readonly step: number; readonly loss: number }, TrainingResult>;

/** Follows a training to its end. */
export async function finish(training: Training): Promise<TrainingResult> {
  for (;;) {
    const { done, value } = await training.next();
    if (done) return value;
  }
}

/** A small network with every kind of layer. */
export function everyKindOfLayer({ nn }: Pick<Tenfold, 'nn'>) {
  const { Conv2d, BatchNorm2d, ReLU, MaxPool2d, Dropout, Flatten, Linear, Sequential } = nn;
  return nn.seeded(
    7,
    () =>
      new Sequential(
        new Conv2d(1, 12, 5, { stride: 2, padding: 2, bias: false }),
        new BatchNorm2d(12),
        new ReLU(),
        new Conv2d(12, 12, 3, { padding: 1, groups: 12 }),
        new Conv2d(12, 20, 1),
        new ReLU(),
        new Conv2d(20, 20, 3, { padding: 2, dilation: 2, groups: 2 }),
        new Conv2d(20, 20, 3, { padding: 1 }),
        new BatchNorm2d(20),
        new ReLU(),
        new MaxPool2d(3, { stride: 2, padding: 1 }),
        new Dropout(0.25),
        new Flatten(),
        new Linear(20 * 7 * 7, 10),
      ),
  );
}

/** 50 steps of `everyKindOfLayer`, 32 digits each. */
export function train50Steps(tenfold: Tenfold, digits: Digits): Training {
  const options = { steps: 50, batchSize: 32, maxLr: 0.05, seed: 7, labelSmoothing: 0.1, clipGradNorm: 2 };
  return train(tenfold, everyKindOfLayer(tenfold), digits, options);
}

/** The first steps of the network of `npm start`, 64 digits each. */
export function trainTenfoldNet(tenfold: Tenfold, digits: Digits): Training {
  const options = { steps: 20, batchSize: 64, maxLr: 0.1, seed: 1 };
  return train(tenfold, tenfold.models.tenfoldNet({ seed: 1 }), digits, options);
}

interface Options {
  readonly steps: number;
  readonly batchSize: number;
  readonly maxLr: number;
  readonly seed: number;
  readonly labelSmoothing?: number;
  readonly clipGradNorm?: number;
}

async function* train(
  { crossEntropy, optim, tensor, trainStep }: Tenfold,
  model: InstanceType<Tenfold['nn']['Module']>,
  digits: Digits,
  { steps, batchSize, maxLr, labelSmoothing = 0, ...stepOptions }: Options,
): Training {
  const optimizer = optim.sgd(model.parameters(), {
    lr: maxLr,
    momentum: 0.9,
    nesterov: true,
    weightDecay: 5e-4,
  });
  const schedule = optim.oneCycle({ maxLr, totalSteps: steps });
  const losses: number[] = [];
  try {
    for (let step = 0; step < steps; step++) {
      const [first, end] = [step * batchSize, (step + 1) * batchSize];
      const bytes = digits.images.subarray(first * 784, end * 784);
      const images = Float32Array.from(bytes, (byte) => (byte / 255 - 0.1307) / 0.3081);
      const labels = Int32Array.from(digits.labels.subarray(first, end));
      optimizer.lr = schedule(step);
      const body = () =>
        crossEntropy(model.forward(tensor(images, [batchSize, 28, 28, 1])), tensor(labels, [batchSize]), {
          labelSmoothing,
        });
      const loss = await trainStep(optimizer, body, stepOptions);
      losses.push(loss);
      yield { step, loss };
    }
    return { losses, checksum: await checksumOf(losses, await model.stateDict()) };
  } finally {
    model.dispose();
    optimizer.dispose();
  }
}

async function checksumOf(
  losses: readonly number[],
  state: Iterable<readonly [string, { readonly data: ArrayBufferView }]>,
): Promise<string> {
  const parts = [bytesOf(Float32Array.from(losses))];
  for (const [name, { data }] of state) parts.push(new TextEncoder().encode(name), bytesOf(data));
  const digest = await crypto.subtle.digest('SHA-256', await new Blob(parts).arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}
