import type { CodegenConfig } from '@graphql-codegen/cli'

/** Typed documents of the client kit and the pages, and the manifest for TRUSTED_DOCUMENTS, from the committed schema. */
const config: CodegenConfig = {
  schema: './schema.graphql',
  documents: ['client/src/**/*.graphql'],
  generates: {
    './client/src/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false, persistedDocuments: { hashAlgorithm: 'sha256' } },
      config: {
        enumsAsTypes: true,
        useTypeImports: true,
        importExtension: '.ts',
        strictScalars: true,
        scalars: { Amount: 'number', Cursor: 'string', DateTime: 'string', JSON: 'unknown' },
      },
    },
  },
}

export default config
