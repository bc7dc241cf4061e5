import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generate } from '@graphql-codegen/cli'
import { makeTemporaryFolder } from './process.ts'

const SCHEMA = join(import.meta.dirname, '../../schema.graphql')

export interface TestManifest {
  readonly path: string
  /** The hash of the document whose operation is called so. */
  hashOf(operationName: string): string
}

/** `persisted-documents.json` for these documents, made by GraphQL Code Generator itself. */
export async function generateManifest(documents: readonly string[]): Promise<TestManifest> {
  const files: readonly { readonly filename: string; readonly content: string }[] = await generate(
    {
      schema: SCHEMA,
      documents: [...documents],
      silent: true,
      generates: {
        './generated/': {
          preset: 'client',
          presetConfig: {
            persistedDocuments: { hashAlgorithm: 'sha256', mode: 'embedHashInDocument' },
            fragmentMasking: false,
          },
        },
      },
    },
    false,
  )
  const written = files.find(({ filename }) => filename.endsWith('persisted-documents.json'))
  if (written === undefined) throw new Error('the generator wrote no manifest')
  const hashes = Object.entries<string>(JSON.parse(written.content))
  return {
    path: await writeManifest(written.content),
    hashOf(operationName) {
      const found = hashes.find(([, text]) => text.includes(` ${operationName}`))
      if (found === undefined) throw new Error(`the manifest holds no ${operationName}`)
      return found[0]
    },
  }
}

/** The path of a file with this content. */
export async function writeManifest(content: string): Promise<string> {
  const path = join(await makeTemporaryFolder('manifest'), 'persisted-documents.json')
  await writeFile(path, content)
  return path
}
