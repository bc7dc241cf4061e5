import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

export const PROJECT = join(import.meta.dirname, '../..')

const CRUISER = join(PROJECT, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs')
const CONFIG = '.dependency-cruiser.cjs'
/** The report names every import of the tree. */
const MAX_REPORT_BYTES = 64 * 1024 * 1024

interface Report {
  readonly summary: {
    readonly totalCruised: number
    readonly violations: readonly {
      readonly rule: { readonly name: string }
      readonly from: string
      readonly to: string
    }[]
  }
}

/** What the layers check says of a tree. */
export interface Cruise {
  readonly moduleCount: number
  /** Each as `rule: from → to`. */
  readonly violations: readonly string[]
}

/** Runs what `npm run layers` runs, over the sources in `folder`. Throws where it gives no report. */
export async function cruise(folder: string): Promise<Cruise> {
  if (!existsSync(join(folder, CONFIG))) throw new Error(`${folder} has no ${CONFIG}`)
  const args = [CRUISER, '--config', CONFIG, '--output-type', 'json', 'src', 'client/src', 'web/src']
  // It exits with the number of violations: the report tells a failure of its own from theirs.
  const text = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, args, { cwd: folder, maxBuffer: MAX_REPORT_BYTES }, (_error, out, err) => {
      if (out === '') reject(new Error(err))
      else resolve(out)
    })
  })
  const { summary }: Report = JSON.parse(text)
  return {
    moduleCount: summary.totalCruised,
    violations: summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`),
  }
}
