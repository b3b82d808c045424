// What the kernels are held against: floors for two threads, from a study of what such kernels can reach on an x86-64
// server whose calibration product ran at 104 to 116 GFLOP/s, at nine tenths of its peak. Figures in GFLOP/s are therefore
// scaled to a calibration of 110 by that measured beside each of them; and, as the product is tenfold's own and may be the
// slow one, to the study's peak by the machine's. What limits those that are missed is in limits.js.

export const usualCalibration = 110;
export const usualPeak = 115;

const isNamed = ({ group }) => group === 'convolutions';

/** Named convolutions whose name matches, in directions that match. */
const select =
  (name, direction = /^forward$/) =>
  (row) =>
    isNamed(row) && name.test(row.case) && direction.test(row.direction);

const plain3x3 = (channels) => new RegExp(`^3x3 (${channels})-`);
const pointwise = /^1x1 \d/;
const grouped = /^1x1 in \d+ groups/;
const strided = /^3x3\/2/;
const firstLayer = /^7x7\/2/;
const dilated = /^3x3 dilation/;
const any = (...patterns) => new RegExp(patterns.map(({ source }) => source).join('|'));

/** Each floor concerns the rows that `rows` selects; the lowest of them counts. */
export const speeds = [
  { key: 'small 3x3', text: '3x3, 64 channels, 56x56', floor: 300, rows: select(plain3x3('64')) },
  {
    key: 'wide 3x3',
    text: '3x3, 256 channels, 14x14, and dilated at 28x28',
    floor: 260,
    rows: select(any(plain3x3('256'), dilated)),
  },
  { key: '512 channels', text: '3x3, 512 channels, 7x7', floor: 220, rows: select(plain3x3('512')) },
  {
    key: 'direct',
    text: '1x1, strided, 7x7 of a first layer, grouped',
    floor: 88,
    rows: select(any(pointwise, strided, firstLayer, grouped)),
  },
  { key: 'depthwise', text: 'depthwise 3x3', floor: 42, rows: select(/^depthwise 3x3 144/) },
  { key: 'depthwise strided', text: 'depthwise 3x3, stride 2', floor: 28, rows: select(/^depthwise 3x3\/2/) },
  {
    key: 'depthwise gradients',
    text: 'gradients of depthwise 3x3',
    floor: 35,
    rows: select(/^depthwise 3x3.* 144/, /^(input|weight) gradient$/),
  },
  {
    key: 'input gradient',
    text: 'input gradient of 3x3, 64 and 128 channels',
    floor: 260,
    rows: select(plain3x3('64|128'), /^input gradient$/),
  },
  {
    key: 'wide input gradient',
    text: 'input gradient of 3x3, 256 channels',
    floor: 200,
    rows: select(any(plain3x3('256'), dilated), /^input gradient$/),
  },
  {
    key: 'weight gradient',
    text: 'weight gradient of 3x3',
    floor: 190,
    rows: select(any(plain3x3('64|128|256'), dilated), /^weight gradient$/),
  },
  {
    key: '1x1 weight gradient',
    text: 'weight gradient of 1x1',
    floor: 75,
    rows: select(pointwise, /^weight gradient$/),
  },
  { key: 'deformable', text: 'deformable 3x3', floor: 75, rows: select(/^deformable/) },
  {
    key: 'deformable training',
    text: 'deformable 3x3, forward and backward',
    floor: 40,
    rows: select(/^deformable/, /^forward \+ backward$/),
  },
];

/** Floors for a peer's time over ours, in the row where it is lowest. */
export const native = [
  { key: 'native small 3x3', text: '3x3 of up to 128 channels', floor: 1, rows: select(plain3x3('64|128')) },
  { key: 'native depthwise', text: 'depthwise', floor: 1, rows: select(/^depthwise/) },
  {
    key: 'native wide 3x3',
    text: '3x3 of 256 channels, and dilated',
    floor: 0.8,
    rows: select(any(plain3x3('256'), dilated)),
  },
  {
    key: 'native direct',
    text: '1x1, grouped and strided',
    floor: 0.4,
    rows: select(any(pointwise, grouped, strided, firstLayer)),
  },
].map((target) => ({ ...target, peer: 'onnxruntime-node' }));

/** Floors for the geometric mean of a peer's time over ours, of all cases that the peer computes. */
export const means = [
  { key: 'onnxruntime-web', peer: 'onnxruntime-web', floor: 5 },
  { key: 'tfjs wasm', peer: 'tfjs wasm', floor: 5 },
  { key: 'jax-js', peer: 'jax-js', floor: 100 },
];

/** Of the calibration product's own gain from the second thread, what every arithmetic-bound convolution has to gain. */
export const scaling = { key: 'scaling', floor: 0.95 };

/** Percent of a copy's bandwidth that memory-bound operators have to reach; smaller arrays are a matter of dispatch. */
export const bandwidth = { key: 'bandwidth', floor: 80, leastBytes: 2 ** 20 };
