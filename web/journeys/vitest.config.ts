import { defineConfig } from 'vitest/config';

/** Journeys have a whole instance and a browser each: one after the other. */
export default defineConfig({
  test: {
    include: ['web/journeys/**/*.test.ts'],
    retry: process.env['CI'] === undefined ? 0 : 1,
    testTimeout: 600_000,
    hookTimeout: 600_000,
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
  },
});
