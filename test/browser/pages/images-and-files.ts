/** A page that turns pictures into tensors and back, and saves and opens weights; a test calls what it leaves. */

import * as tenfold from 'tenfold';
import { download, type ImageSource, imageData, imageTensor, pickFile } from 'tenfold/page';

/** 8x6 pixels of colours that differ everywhere. */
function picture(): ImageData {
  const data = Uint8ClampedArray.from({ length: 8 * 6 * 4 }, (_, at) =>
    at % 4 === 3 ? 255 : (at * 37) % 256,
  );
  return new ImageData(data, 8, 6);
}

function canvas(): HTMLCanvasElement {
  const element = document.createElement('canvas');
  [element.width, element.height] = [8, 6];
  element.getContext('2d')!.putImageData(picture(), 0, 0);
  return element;
}

async function video(): Promise<HTMLVideoElement> {
  const drawn = document.createElement('canvas');
  [drawn.width, drawn.height] = [64, 48];
  const context = drawn.getContext('2d')!;
  const element = document.createElement('video');
  element.muted = true;
  element.srcObject = drawn.captureStream(30);
  const drawing = setInterval(() => {
    context.fillStyle = 'rgb(200, 100, 50)';
    context.fillRect(0, 0, 64, 48);
  }, 20);
  await Promise.all([
    element.play(),
    new Promise((resolve) => element.addEventListener('loadeddata', resolve)),
  ]);
  clearInterval(drawing);
  return element;
}

const size = { height: 3, width: 5, mean: [0.4, 0.5, 0.6], std: [0.2, 0.3, 0.4] };

async function numbers(source: ImageSource): Promise<number[]> {
  const made = imageTensor(source, size);
  const values = [...(await made.data())];
  made.dispose();
  return values;
}

const message = (error: Error) => `${error.name}: ${error.message}`;

const checkpoint = async (): Promise<tenfold.Checkpoint> => ({
  model: 'mnist_net',
  modelOptions: { numClasses: 10, seed: 3 },
  classNames: [...'0123456789'],
  preprocessing: { height: 28, width: 28, channels: 1, mean: [0.1307], std: [0.3081] },
  versions: {},
  weights: await tenfold.models.mnistNet({ numClasses: 10, seed: 3 }).stateDict(),
});

/** A sum that any changed weight changes. */
async function sumOf(source: tenfold.FileSource): Promise<number> {
  const { model } = await tenfold.openCheckpoint(source);
  let sum = 0;
  for (const [, { data }] of await model.stateDict()) for (const value of data) sum += Math.abs(value);
  model.dispose();
  return sum;
}

const tests = {
  start: async () => (await tenfold.start({ threads: 1 })).description,

  /** The same picture from all that a page can draw. */
  async pictures() {
    return {
      imageData: await numbers(picture()),
      canvas: await numbers(canvas()),
      bitmap: await numbers(await createImageBitmap(picture())),
      frame: await numbers(new VideoFrame(canvas(), { timestamp: 0 })),
    };
  },

  async video() {
    const element = await video();
    const made = imageTensor(element, { height: 2, width: 2 });
    const shown = [...(await made.data())].map((value) => value * 255);
    return { shown, early: await numbers(document.createElement('video')).catch(message) };
  },

  /** To a tensor and back. */
  async thereAndBack() {
    const { mean, std } = size;
    const back = await imageData(imageTensor(picture(), { mean, std }), { mean, std });
    return (
      back.width === 8 && back.height === 6 && back.data.every((value, at) => value === picture().data[at])
    );
  },

  /** Writes a checkpoint to the private file system, and opens it. */
  async keep() {
    const written = await checkpoint();
    await tenfold.writeCheckpoint('opfs:runs/first/best.safetensors', written);
    return {
      before: await sumOf(new Blob([tenfold.serializeCheckpoint(written) as Uint8Array<ArrayBuffer>])),
      after: await sumOf('opfs:runs/first/best.safetensors'),
    };
  },

  async download() {
    download('digits.safetensors', tenfold.serializeCheckpoint(await checkpoint()));
  },

  async pick() {
    const file = await pickFile();
    return file && { name: file.name, sum: await sumOf(file) };
  },

  /** What each failure says. */
  async failures() {
    const tried = {
      missing: tenfold.openCheckpoint('/no-such-file.safetensors'),
      missingInside: tenfold.openCheckpoint('opfs:no-such-file.safetensors'),
      page: tenfold.openCheckpoint('/'),
      picture: tenfold.openCheckpoint(
        new File([Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10), new Uint8Array(100)], 'cat.png'),
      ),
      elsewhere: tenfold.writeCheckpoint('best.safetensors', await checkpoint()),
      unnamed: tenfold.writeCheckpoint('opfs:', await checkpoint()),
    };
    const said = Object.entries(tried).map(async ([name, promise]) => [
      name,
      await promise.then(() => 'nothing', message),
    ]);
    return Object.fromEntries(await Promise.all(said)) as Record<keyof typeof tried, string>;
  },
};

export type ImageAndFileTests = typeof tests;
Object.assign(globalThis, { imagesAndFiles: tests });
