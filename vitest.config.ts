import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'

/** A tier of the tests, by the name that its files end with. Each but the first starts servers for itself. */
function tier(name: 'unit' | 'contract' | 'integration' | 'e2e'): TestProjectInlineConfiguration {
  return {
    extends: true,
    test: {
      name,
      include: [`{test,client/test}/**/*.${name}.test.ts`],
      globalSetup: name === 'unit' ? [] : ['test/support/setup.ts'],
    },
  }
}

export default defineConfig({
  // graphql has an entry for bundlers and one for Node; both in one process are two realms that refuse each other.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    projects: [tier('unit'), tier('contract'), tier('integration'), tier('e2e')],
    pool: 'forks',
    maxWorkers: 2,
    fileParallelism: true,
    sequence: { shuffle: true },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    typecheck: { enabled: false },
  },
})
