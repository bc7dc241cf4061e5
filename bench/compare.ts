import { readFile } from 'node:fs/promises'
import { movementsBetween } from './run/movements.ts'
import type { Result } from './run/result.ts'

/** `npm run bench:compare -- bench/results/a.json bench/results/b.json` names what moved from a to b by more than the noise. */
async function readResult(path: string | undefined): Promise<Result> {
  if (path === undefined) throw new Error('name two results: the earlier, then the later')
  return JSON.parse(await readFile(path, 'utf8'))
}

const [, , earlierPath, laterPath] = process.argv
const [earlier, later] = [await readResult(earlierPath), await readResult(laterPath)]
const movements = movementsBetween(earlier, later)
if (movements.length === 0) console.log('Nothing moved by more than the noise.')
for (const { figure, before, after, change, isBetter } of movements) {
  const share = `${change > 0 ? '+' : ''}${(change * 100).toFixed(0)} %`
  console.log(`${isBetter ? 'better' : 'worse '}  ${share.padStart(7)}  ${figure}: ${before} → ${after}`)
}
