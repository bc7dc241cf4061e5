import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { lexicographicSortSchema, printSchema } from 'graphql'
import { featureSet } from '../src/features.ts'
import { createSchema } from '../src/schema/schema.ts'

/** Writes the schema to the committed file; with --check it only reports whether the file is up to date. */
const file = fileURLToPath(new URL('../schema.graphql', import.meta.url))
const printed = `${printSchema(lexicographicSortSchema(createSchema(featureSet().schema)))}\n`

if (!process.argv.includes('--check')) writeFileSync(file, printed)
else if (readFileSync(file, 'utf8') !== printed) {
  console.error('schema.graphql is stale: run node scripts/print-schema.ts')
  process.exitCode = 1
}
