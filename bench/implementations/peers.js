// The peers that are installed: `npm ci --prefix bench`.

import { existsSync, readFileSync } from 'node:fs';

/** The widest vectors that native code finds here. */
export function nativeInstructions() {
  const flags = existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : '';
  const found = ['avx512f', 'avx2', 'asimd'].find((flag) => new RegExp(`\\b${flag}\\b`).test(flags));
  return { avx512f: 'AVX-512', avx2: 'AVX2', asimd: 'NEON' }[found] ?? `${process.arch}, unknown vectors`;
}

export const howToInstall = 'npm ci --prefix bench';

const installed = () => existsSync(new URL('../node_modules/onnxruntime-node', import.meta.url));

/** @param names Those that are wanted; all if undefined. */
export async function startPeers({ threads, names }) {
  if (!installed()) return [];
  const { jaxJs } = await import('./jax-js.js');
  const { onnxruntimeNode, onnxruntimeWeb } = await import('./onnxruntime.js');
  const { tfjsWasm } = await import('./tfjs-wasm.js');
  const starters = [
    ['jax-js', jaxJs],
    ['onnxruntime-node', onnxruntimeNode],
    ['onnxruntime-web', onnxruntimeWeb],
    ['tfjs wasm', tfjsWasm],
  ];
  const unknown = names?.find((name) => !starters.some(([known]) => known === name));
  if (unknown !== undefined) {
    throw new Error(`there is no peer '${unknown}'; there are ${starters.map(([name]) => name).join(', ')}`);
  }
  const peers = [];
  for (const [name, start] of starters) {
    if (names?.includes(name) ?? true)
      peers.push(await start({ threads, instructions: nativeInstructions() }));
  }
  return peers;
}
