/** One line for each family of published networks; the registry finds them here. */

export * from './mnist-net.js';
