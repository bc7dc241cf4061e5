import { defineConfig } from 'vitest/config'

export default defineConfig({
  // graphql has an entry for bundlers and one for Node; both in one process are two realms that refuse each other.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    include: ['{test,client/test}/**/*.{unit,contract,integration,e2e}.test.ts'],
    globalSetup: ['test/support/setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    fileParallelism: true,
    sequence: { shuffle: true },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    typecheck: { enabled: false },
  },
})
