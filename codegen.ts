import type { CodegenConfig } from '@graphql-codegen/cli'

/** Typed documents for tests and the client kit, from the schema that is committed. */
const config: CodegenConfig = {
  schema: './schema.graphql',
  documents: ['test/**/*.ts', 'client/**/*.ts', '!test/support/gql/**'],
  ignoreNoDocuments: true,
  generates: {
    './test/support/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        enumsAsTypes: true,
        useTypeImports: true,
        strictScalars: true,
        scalars: { Amount: 'number', Cursor: 'string', DateTime: 'string', JSON: 'unknown' },
      },
    },
  },
}

export default config
