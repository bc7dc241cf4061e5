import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { lexicographicSortSchema, printSchema } from 'graphql'
import { createSchema } from '../src/schema/schema.ts'

/** Writes the schema to the file that is committed: run it after every change of src/schema. */
const file = fileURLToPath(new URL('../schema.graphql', import.meta.url))
writeFileSync(file, `${printSchema(lexicographicSortSchema(createSchema()))}\n`)
