import { readFileSync } from 'node:fs'
import { buildSchema } from 'graphql'
import { differenceFrom } from '../test/contract/difference.ts'

/** Reports what the printed schema lacks or changes compared with the contract, and exits with 1 if anything. */
const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
const contract = buildSchema(read('../test/contract/contract.graphql'))
const { missing, different } = differenceFrom(contract, buildSchema(read('../schema.graphql')))

for (const line of missing) console.error(`missing: ${line}`)
for (const line of different) console.error(`different: ${line}`)
const types = Object.keys(contract.getTypeMap()).filter((name) => !name.startsWith('__')).length
if (missing.length + different.length > 0) process.exitCode = 1
else console.log(`schema.graphql has all of the contract: ${types} types.`)
