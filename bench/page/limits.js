// What limits those targets that are missed, by their key in targets.js. A text is shown only while its target is missed;
// after a new measurement, read the page and edit what no longer holds.

const nativeVectors =
  'native code has vectors of 8 or 16 numbers and fused multiply-add, at least twice the peak of 128-bit vectors without it, which is all that WebAssembly has with the same bits on every machine.';
const memoryForAll =
  'many of the cases only pass over memory, which is as fast for everybody; the table below has the mean of convolutions by itself.';

export const limits = {
  'native direct': nativeVectors,
  'native wide 3x3': `${nativeVectors} Winograd's method makes up for most of it.`,
  'onnxruntime-web': memoryForAll,
  'tfjs wasm': memoryForAll,
  'jax-js': memoryForAll,
};
