import { globSync } from 'node:fs'
import { join } from 'node:path'
import { check } from './check.ts'
import { type Attempted, type Barred, readLines, type Seen } from './records.ts'
import { readStored } from './stored.ts'

/** `node checker.ts <folder of a run> <address of its database> <topic>…`: prints the run's figures as JSON. */
const [folder, databaseUrl, ...topics] = process.argv.slice(2)
if (folder === undefined || databaseUrl === undefined) throw new RangeError('name a folder and a database')

function read<Line>(pattern: string): readonly Line[] {
  return globSync(join(folder ?? '', pattern)).flatMap((file) => readLines<Line>(file))
}

const { stored, reaches } = await readStored(databaseUrl, topics)
const figures = check({
  attempted: read<Attempted>('attempted*.jsonl'),
  seen: read<Seen>('seen*.jsonl'),
  barred: read<Barred>('barred*.jsonl'),
  stored,
  reaches,
})
process.stdout.write(JSON.stringify(figures))
