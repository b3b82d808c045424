// What limits those targets that are missed, by their key in targets.js. A text is shown only while its target is missed;
// after a new measurement, read the page and edit what no longer holds.

const byInstructions =
  'the loop of the product is fetched in five cycles where its arithmetic takes four, and other tiles of registers (3 by 12, 5 by 8) have 1 to 3 % fewer instructions for the same arithmetic, as counted; eight copies of the loop were kept, copies that follow one another without a condition spill registers. Only fewer products help.';

export const limits = {
  'small 3x3': byInstructions,
  'wide 3x3': byInstructions,
  direct: byInstructions,
  '1x1 weight gradient': byInstructions,
  'depthwise gradients':
    'the weight gradient of the strided one takes 90 microseconds in a batch of one, and about four instructions a multiply-add, of which the processor is fed four or five a cycle. Adding up two taps of a kernel row together was kept; copies of the operands that lie dense were slower (0.77).',
  scaling: 'how much the product gains differs from one minute to the next as much as this lacks.',
  bandwidth: [
    'most of them are bound by instructions, and small ones by the two to six microseconds that a kernel takes to start. Arrays of 1 to 16 MiB are held against copies within the cache. That each thread begins with its own part of the blocks, as the copy does, gave up to 1.6 times; every other kernel from the end to the beginning gave nothing. What was tried beside that:',
    'Max pooling: rows first, shared between windows, with a maximum of three instructions that keeps NaN, 2 to 4 times (six orders of its loops). Its gradient loads an index and a gradient, compares, masks and adds for each window of a pixel; pixels a stride apart together gave up to 1.8; without indices, from x and y (in place, through scratch rows, through lines of 16 channels), most were slower. Pixels of large rows lost (.82 to .88).',
    'Average pooling, adaptive and global: windows share the sums of rows; gradients of windows side by side write their pixels in order, 1.5 to 2 (after this run; all pixels of a vector of channels together 1.1 to 1.7, and .76 where there are many), others pass through sums in scratch. Small images are bound by what is set up for each window.',
    'exp, log, sigmoid and silu: of one to eight vectors a turn four did best; pairs of steps instead of a chain 1.05 to 1.15, a coefficient fewer 1.05, testing sixteen numbers at once for unusual ones 1.2 to 1.3. tanh as a fraction of exponentials would be 1.5 times as fast, and wrong by 2.6 units in the last place; with a branch for small numbers it gains 1.04.',
    'Softmax and crossEntropy: the chain of the exponential keeps their bits; a pass fewer, and several rows of maxima. dropout: ten rounds of Philox for four numbers (four ways to multiply and shuffle, equal). topK: a floor under the k largest, 4 times; what is left is the heap. pow: half-whole exponents by a root and one step of Newton, 7 times; others take float64 logarithms.',
    'Batch and group normalisation: a training pass reads x twice, a backward one moves five arrays where three are counted, so at most 60 to 67 % can be reached. Beyond the cache one row after the other, up to 2.2 times; four rows at once with the next ones touched in order was equal. Within it, strips with sums in registers gained 1.04 to 1.26 up to 12 channels and lost beyond 48.',
    'Concatenation and split: pieces of some rows in order, 1.3 to 2; overlapping last vectors; columns of vectors over all rows for short runs; larger and smaller groups of rows equal or slower. Channels in threes are bound by shuffles. Permute: one kernel for any two axes, with overlapping tiles, 1.4 to 2; strips within a large matrix were slower (0.7).',
    'Bilinear interpolation: whole vectors over the next pixel, mixed in line, 1.4; a call for each pixel 1.1. Gradients of broadcast products (squeeze-and-excitation) are summed as they are multiplied, where they were multiplied first and then summed. Linear layers of few rows read their weights at what two threads can read.',
  ].join('\n  - '),
  'tfjs wasm':
    "it has the same 128-bit vectors, and passes over memory as fast as anybody, in one thread: what is nearest are relu, add and other operators that memory limits, and 1x1 convolutions, where Winograd's method does not help. Threads that begin with their own blocks and fused layers were kept (in a network several of these operators vanish into others); the register tiles are bound by instructions.",
  'jax-js':
    'it multiplies large matrices at 6 to 22 GFLOP/s (matmul and three of five 1x1 convolutions take it 3 to 13 times as long as us), and simple operators pass over memory (12 to 34 times); most 3x3, strided and depthwise convolutions take it 100 to 240 times as long.',
};
