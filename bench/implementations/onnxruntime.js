// onnxruntime, native and for the web: single-operator models, inference only. Its threads do not spin between runs,
// because what is timed next to them would suffer; ours spin for a millisecond.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { elements } from '../../packages/tenfold/dist/device/device.js';
import { channelsLast, firstShape } from './layout.js';
import { onnxModel } from './onnx-model.js';
import { numbersOf } from './operands.js';

const require = createRequire(import.meta.url);

function implementation(
  { InferenceSession, Tensor },
  { name, version, threads, instructions, provider, writesInPlace },
) {
  async function prepare(it, { direction }) {
    if (direction !== 'forward') return undefined;
    const { inputs, operator, record } = it;
    const model = onnxModel(
      it,
      inputs.map((input, index) => input && numbersOf(input, index)),
    );
    if (model === undefined) return undefined;
    const session = await InferenceSession.create(model.bytes, {
      executionProviders: [provider],
      graphOptimizationLevel: 'all',
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
    const feeds = Object.fromEntries(
      model.feeds.map(({ name, numbers, shape }) => [name, new Tensor('float32', numbers, shape)]),
    );
    const [{ shape, dtype }] = operator.outputs(record);
    const isImage = model.images && shape.length === 4;
    const dims = isImage ? firstShape(shape) : shape;
    // Results go to arrays that are there already, as ours do, where it can; it counts places in 64 bit, which we do not.
    const fetches =
      writesInPlace && dtype === 'float32'
        ? { y: new Tensor('float32', new Float32Array(elements(shape)), dims) }
        : ['y'];
    return {
      run: () => session.run(feeds, fetches),
      async output() {
        const { y } = await session.run(feeds, fetches);
        if (y.type === 'int64') return Int32Array.from(y.data, Number);
        return isImage ? channelsLast(y.data, shape) : y.data;
      },
      release: () => session.release(),
    };
  }
  return { name, version, threads, instructions, prepare };
}

/** A case of a single element. */
const smallest = {
  operator: { name: 'relu', outputs: () => [{ shape: [1], dtype: 'float32' }] },
  record: {},
  inputs: [{ shape: [1], dtype: 'float32', role: 'data', values: 'even' }],
};

const versionOf = (name) =>
  JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8')).version;

export async function onnxruntimeNode({ threads, instructions }) {
  return implementation(require('onnxruntime-node'), {
    name: 'onnxruntime-node',
    version: versionOf('onnxruntime-node'),
    threads,
    instructions,
    provider: 'cpu',
    writesInPlace: true,
  });
}

export async function onnxruntimeWeb({ threads }) {
  const web = await import('onnxruntime-web');
  web.env.wasm.numThreads = threads;
  const made = implementation(web, {
    name: 'onnxruntime-web',
    version: versionOf('onnxruntime-web'),
    threads,
    instructions: 'WebAssembly SIMD, 128 bit',
    provider: 'wasm',
    // The web's leaves such an array as it was.
    writesInPlace: false,
  });
  // Its threads start with its first session, which leaves a page's Worker behind as a global; jax-js would believe it.
  const { release } = await made.prepare(smallest, { direction: 'forward' });
  await release();
  delete globalThis.Worker;
  return made;
}
