import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Each file starts its own wasm device with two threads on, typically, two cores.
    fileParallelism: false,
    // For hangs alone: on a busy machine the slowest tests have taken more than a minute.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
