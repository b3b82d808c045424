// What limits those targets that are missed, by their key in targets.js. A text is shown only while its target is missed;
// after a new measurement, read the page and edit what no longer holds.

const nativeVectors =
  'native code has vectors of 8 or 16 numbers and fused multiply-add, at least twice the peak of 128-bit vectors without it, which is all that WebAssembly has with the same bits on every machine.';
const sameVectors =
  "it has the same 128-bit vectors, and passes over memory as fast as anybody; where Winograd's method does not help, what is left is threads and order.";

export const limits = {
  'depthwise gradients':
    'the weight gradient of the strided one takes 90 microseconds in a batch of one, and about four instructions a multiply-add, of which the processor is fed four or five a cycle. Adding up two taps of a kernel row together was kept; copies of the operands that lie dense were slower (0.77).',
  scaling:
    'all gain as much as the product but the depthwise convolution of a batch of one, which takes a fifth of a millisecond (its spread is half of that), and 1x1 64-256, which writes 26 MB (its spread is more than its median). How much the product gains differs as much from one minute to the next.',
  bandwidth:
    'pooling, softmax and the functions of exponentials and logarithms are bound by instructions: max pooling takes six to seven a tap (four orders of its loops, fewer channels a turn and reading ahead were tried, the fastest kept), dropout its random numbers (four ways to multiply and shuffle, equal), the functions an exponential or two (four vectors a turn were kept; higher-order evaluation would round differently). Transposes touch many lines far apart (larger blocks kept, reading ahead slower). Arrays of 1 to 16 MiB are held against copies within the cache. Concatenation, groupNorm, and the gradients of max and adaptive pooling had one attempt or none.',
  'native direct': nativeVectors,
  'onnxruntime-web': sameVectors,
  'tfjs wasm': sameVectors,
  'jax-js':
    'its 1x1 convolutions are matrix products, which it computes at 1 to 7 GFLOP/s, and simple operators pass over memory.',
};
