import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { readCommandLine, rotated, type Wanted } from './run/command-line.ts'
import { build, expectTaskset } from './run/generator.ts'
import { describeMachine, describeVersions, providePeers } from './run/machine.ts'
import {
  type CaseResult,
  mergeScenarios,
  type Result,
  type Round,
  type ScenarioResult,
} from './run/result.ts'
import { tablesOf, withTables } from './run/tables.ts'
import type { Case, Scenario } from './scenarios/scenario.ts'
import { SCENARIOS } from './scenarios/scenarios.ts'
import type { System } from './systems/system.ts'
import { SYSTEMS } from './systems/systems.ts'

/**
 * `npm run bench`, `npm run bench -- fanout --quick`, `npm run bench -- rooms memory --systems rostrum,yoga`.
 * Systems take turns in each round. Writes `results/<date>.json`, and, unless quick or of some systems only, the tables of
 * docs/performance.md.
 */
const RESULTS = join(import.meta.dirname, 'results')
const PAGE = join(import.meta.dirname, '../docs/performance.md')
/** Those of a quick run, where none are named: it answers in two minutes. */
const QUICK_SYSTEMS = ['rostrum', 'yoga', 'socket.io-redis', 'ws', 'limit']
const startedAt = new Date().toISOString()
const date = startedAt.slice(0, 10)

async function readEarlier(path: string): Promise<Result | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch {
    return undefined
  }
}

/** One that fails takes not the hours of the others with it: the page says that it did. */
function roundOfFailure(fault: unknown): Round {
  process.exitCode = 1
  console.error(fault)
  const [message = 'unknown'] = String(fault).split('\n')
  return { values: {}, remarks: [`a round failed (${message})`], raw: null }
}

/** Of one case: each round measures all systems, begun with another each time. */
async function measureCase(
  scenario: Scenario,
  { name, measure, missing }: Case,
  { rounds, isQuick, isProfiled, systems: named }: Wanted,
): Promise<CaseResult> {
  const wanted = named ?? (isQuick ? QUICK_SYSTEMS : undefined)
  const reasonOf = (system: System): string | undefined => system.missing?.() ?? missing?.(system)
  const systems = scenario.systems.filter(({ key }) => wanted?.includes(key) ?? true)
  const able = systems.filter((system) => reasonOf(system) === undefined)
  const measured = new Map<string, Round[]>(systems.map(({ key }) => [key, []]))
  const profileFolder = isProfiled ? join(RESULTS, `${date}-profiles`, scenario.name) : undefined
  for (let round = 0; round < rounds; round += 1) {
    for (const system of rotated(able, round)) {
      const result = await measure(system, { isQuick, profileFolder }).catch(roundOfFailure)
      measured.get(system.key)?.push(result)
      const shown = scenario.columns.map(
        ({ key, title, digits }) => `${title} ${result.values[key]?.toFixed(digits) ?? '–'}`,
      )
      console.log(`${scenario.name}, ${name}, round ${round + 1}, ${system.key}: ${shown.join('; ')}`)
      for (const remark of result.remarks) console.log(`  ${remark}`)
    }
  }
  return {
    name,
    systems: systems.map((system) => {
      const reason = reasonOf(system)
      const entry = { key: system.key, name: system.name, rounds: measured.get(system.key) ?? [] }
      return reason === undefined ? entry : { ...entry, missing: reason }
    }),
  }
}

async function measureScenario(scenario: Scenario, wanted: Wanted): Promise<ScenarioResult> {
  const cases: CaseResult[] = []
  for (const each of scenario.cases(wanted.isQuick)) cases.push(await measureCase(scenario, each, wanted))
  const { name, title, explanation, columns } = scenario
  return { name, title, explanation, columns, cases }
}

/** In the order of the page, whichever was measured first. */
function inOrder(results: readonly ScenarioResult[]): readonly ScenarioResult[] {
  const places = new Map(SCENARIOS.map(({ name }, index) => [name, index]))
  return results.toSorted((one, other) => (places.get(one.name) ?? 0) - (places.get(other.name) ?? 0))
}

/** Keeps what the same day's file has of other scenarios, where they were measured on this machine and this state. */
async function save(measured: readonly ScenarioResult[], wanted: Wanted): Promise<void> {
  const isWhole = !wanted.isQuick && wanted.systems === undefined
  const path = join(RESULTS, `${date}${isWhole ? '' : '-trial'}.json`)
  const earlier = await readEarlier(path)
  const [machine, versions] = [describeMachine(), await describeVersions()]
  const isContinued = isDeepStrictEqual([earlier?.machine, earlier?.versions], [machine, versions])
  const result: Result = {
    ...{ startedAt, isQuick: wanted.isQuick, machine, versions },
    scenarios: inOrder(mergeScenarios(isContinued ? (earlier?.scenarios ?? []) : [], measured)),
  }
  await mkdir(RESULTS, { recursive: true })
  await writeFile(path, `${JSON.stringify(result, null, 1)}\n`)
  if (isWhole) await writeFile(PAGE, withTables(await readFile(PAGE, 'utf8'), tablesOf(result)))
  else console.log(`\n${tablesOf({ ...result, scenarios: measured })}\n`)
  console.log(`Written: ${path}${isWhole ? ` and ${PAGE}` : ''}`)
}

const wanted = readCommandLine(process.argv.slice(2), {
  scenarios: SCENARIOS.map(({ name }) => name),
  systems: SYSTEMS.map(({ key }) => key),
})
expectTaskset()
await build('load')
await build('limit')
await providePeers()
const measured: ScenarioResult[] = []
for (const scenario of SCENARIOS) {
  if (wanted.scenarios.length > 0 && !wanted.scenarios.includes(scenario.name)) continue
  measured.push(await measureScenario(scenario, wanted))
  // After each: a later one that fails takes none of these with it.
  await save(measured, wanted)
}
