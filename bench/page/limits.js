// What limits those targets that are missed, by their key in targets.js. A text is shown only while its target is missed;
// after a new measurement, read the page and edit what no longer holds.

const nativeVectors =
  'native code has vectors of 8 or 16 numbers and fused multiply-add, at least twice the peak of 128-bit vectors without it, which is all that WebAssembly has with the same bits on every machine.';
const sameVectors =
  "it has the same 128-bit vectors, and passes over memory as fast as anybody; where Winograd's method does not help, what is left is threads and order.";

export const limits = {
  scaling:
    'with 256 channels each block of tiles reads 9 MB of transformed weights, which the threads have in common only in the last level of cache; that this is what costs a tenth is supposed, not shown. Without a benchmark beside it, one run to the next differs by as much.',
  bandwidth:
    'pooling, softmax and the functions of exponentials and logarithms are bound by their arithmetic, not by memory (max pooling takes six vector operations a tap; four orders of its loops were tried, two of average pooling and of sums, and the fastest kept). Arrays of 1 to 16 MiB are held against copies within the cache. Resizing and transposing had one attempt each.',
  'native small 3x3':
    'in batches of one the times differ by less than their spread; in batches of eight, and with 128 channels, the target is met.',
  'native direct': nativeVectors,
  'native wide 3x3': `${nativeVectors} Winograd's method makes up for most of it.`,
  'onnxruntime-web': sameVectors,
  'tfjs wasm': sameVectors,
  'jax-js':
    'its 1x1 convolutions are matrix products, which it computes at 1 to 7 GFLOP/s, and simple operators pass over memory.',
};
