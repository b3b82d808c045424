/** One line for each family of published networks; the registry finds them here. */

export * from './alexnet.js';
export * from './densenet.js';
export * from './densenet-small.js';
export * from './googlenet.js';
export * from './inception-v3.js';
export * from './mnist-net.js';
export * from './resnet.js';
export * from './resnet-small.js';
export * from './se-resnet.js';
export * from './squeezenet.js';
export * from './tenfold-net.js';
export * from './vgg.js';
export * from './xception.js';
