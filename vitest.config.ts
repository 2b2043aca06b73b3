import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'web/src/**/*.test.ts', 'scenarios/**/*.test.ts'],
    // Machines that test are small and shared: a test of processes or time that fails is asked once more, and is shown as retried.
    retry: process.env['CI'] === undefined ? 0 : 1,
    testTimeout: 120_000,
    hookTimeout: 180_000,
    pool: 'forks',
    maxWorkers: 2,
    // GitHub's parser imports its schema as JSON, which Node asks a word for.
    server: { deps: { inline: ['@actions/workflow-parser'] } },
  },
});
