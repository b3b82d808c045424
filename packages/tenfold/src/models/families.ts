/** One line for each family of published networks; the registry finds them here. */

export * from './alexnet.js';
export * from './deeplabv3.js';
export * from './deformable-resnet.js';
export * from './densenet.js';
export * from './densenet-small.js';
export * from './efficientnet.js';
export * from './googlenet.js';
export * from './hdc-resnet.js';
export * from './inception-v3.js';
export * from './mnist-net.js';
export * from './mobilenet-v1.js';
export * from './mobilenet-v2.js';
export * from './mobilenet-v3.js';
export * from './resnet.js';
export * from './resnet-small.js';
export * from './se-resnet.js';
export * from './shufflenet-v1.js';
export * from './shufflenet-v2.js';
export * from './squeezenet.js';
export * from './tenfold-net.js';
export * from './vgg.js';
export * from './xception.js';
