import { pictureUrl } from '../packages/cli/dist/report/picture.js';
import {
  type EpochRecord,
  type Mistake,
  type RunRecord,
  testResult,
} from '../packages/cli/dist/report/run-record.js';

/** A run whose numbers all differ, so that each can be found where it belongs. */
export function runRecord(changes: Partial<RunRecord> = {}): RunRecord {
  return {
    format: 'tenfold-run',
    formatVersion: 1,
    command: 'tenfold train --epochs 3 --out runs/pets',
    status: 'finished',
    date: '2026-11-24T05:31:07.000Z',
    seconds: 320.4,
    versions: { tenfold: '0.1.7', node: '20.19.3' },
    machine: {
      cpu: 'AMD EPYC 7763',
      cores: 6,
      threads: 5,
      memoryBytes: 8 * 2 ** 30,
      platform: 'linux x64',
      device: 'wasm, 5 threads',
    },
    options: { epochs: 3, 'batch-size': 48, lr: 0.075, json: false, 'data-dir': null, crop: [24, 32] },
    data: {
      name: 'Pets',
      training: 5401,
      validation: 607,
      test: 1000,
      image: { height: 24, width: 32, channels: 3 },
      classes: ['cat', 'dog', 'rabbit'],
      normalisation: { mean: [0.4811, 0.4522, 0.4033], std: [0.2644, 0.2555, 0.2766] },
      augmentation: ['mirror left to right', 'shift by up to 2 pixels'],
    },
    model: {
      name: 'petNet',
      layers: [
        {
          name: 'stem.conv',
          operator: 'conv2d',
          detail: '5x5, stride 2',
          outputShape: [1, 12, 16, 19],
          parameters: 1425,
          multiplyAccumulates: 273600,
        },
        { operator: 'relu', outputShape: [1, 12, 16, 19], parameters: 0, multiplyAccumulates: 0 },
        {
          name: 'classifier',
          operator: 'linear',
          outputShape: [1, 3],
          parameters: 60,
          multiplyAccumulates: 57,
        },
      ],
      parameters: 1485,
      multiplyAccumulates: 273657,
    },
    history: [epoch(1), epoch(2), epoch(3)],
    bestEpoch: 2,
    test: testResult(
      [
        [311, 22, 5],
        [17, 302, 9],
        [3, 8, 323],
      ],
      0.2468,
    ),
    mistakes: [mistake(4321, 'cat', 'dog', 0.9876), mistake(77, 'rabbit', 'cat', 0.6543)],
    checkpoints: { best: 'runs/pets/best.safetensors', last: 'runs/pets/last.safetensors' },
    ...changes,
  };
}

export function epoch(number: number): EpochRecord {
  return {
    epoch: number,
    trainLoss: 1.2346 / number,
    trainAccuracy: 1 - 0.4322 / number,
    validationLoss: 1.4566 / number,
    validationAccuracy: 1 - 0.5432 / number,
    lr: 0.0712 / number,
    imagesPerSecond: 2345 + 111 * number,
    seconds: 17.3 + number,
  };
}

export function mistake(
  index: number,
  trueClass: string,
  predictedClass: string,
  probability: number,
): Mistake {
  const pixels = Uint8Array.from({ length: 24 * 32 * 3 }, (_, position) => (position * 7 + index) % 256);
  return {
    image: pictureUrl({ pixels, width: 32, height: 24, channels: 3 }),
    index,
    trueClass,
    predictedClass,
    probability,
    trueProbability: 1 - probability,
  };
}

/** A run over `count` classes, each with 50 test images of which some are taken for the next class. */
export function runOver(classes: readonly string[], changes: Partial<RunRecord> = {}): RunRecord {
  const confusion = classes.map((_, row) =>
    classes.map((_, column) => {
      const wrong = row % 9;
      if (row === column) return 50 - wrong;
      return column === (row + 1) % classes.length ? wrong : 0;
    }),
  );
  const base = runRecord();
  return {
    ...base,
    data: { ...base.data, classes },
    test: testResult(confusion, 0.5),
    mistakes: [],
    ...changes,
  };
}
