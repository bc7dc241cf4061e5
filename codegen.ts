import type { CodegenConfig } from '@graphql-codegen/cli'

/** How the typed documents of a folder, and the manifest of them for TRUSTED_DOCUMENTS, are made from the committed schema. */
const documentsOf = (...documents: string[]): CodegenConfig['generates'][string] => ({
  documents,
  preset: 'client',
  presetConfig: { fragmentMasking: false, persistedDocuments: { hashAlgorithm: 'sha256' } },
  config: {
    enumsAsTypes: true,
    useTypeImports: true,
    importExtension: '.ts',
    strictScalars: true,
    scalars: { Amount: 'number', Cursor: 'string', DateTime: 'string', JSON: 'unknown' },
  },
})

const KIT = 'client/src/**/*.graphql'

const config: CodegenConfig = {
  schema: './schema.graphql',
  generates: {
    './client/src/gql/': documentsOf(KIT),
    // The live page asks what the kit asks, too: its manifest has all that it sends.
    './web/src/gql/': documentsOf(KIT, 'web/src/**/*.graphql'),
  },
}

export default config
