import { globSync } from 'node:fs'
import { join } from 'node:path'
import { check } from './check.ts'
import { type Attempted, type Barred, type Replaced, readLines, type Seen } from './records.ts'
import { readStored } from './stored.ts'

/** `node checker.ts <folder of a run> <its database> <topic>…`: prints the result as JSON. */
const [folder, record, ...topics] = process.argv.slice(2)
if (folder === undefined || record === undefined) throw new RangeError('name a folder and a record')

function read<Line>(pattern: string): readonly Line[] {
  return globSync(join(folder ?? '', pattern)).flatMap((file) => readLines<Line>(file))
}

const { stored, reaches } = await readStored(record, topics)
const result = check({
  attempted: read<Attempted>('attempted*.jsonl'),
  seen: read<Seen>('seen*.jsonl'),
  barred: read<Barred>('barred*.jsonl'),
  replaced: read<Replaced>('replaced*.jsonl'),
  stored,
  reaches,
})
process.stdout.write(JSON.stringify(result))
