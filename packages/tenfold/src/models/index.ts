export { MnistNet, type MnistNetOptions, mnistNet } from './mnist-net.js';
