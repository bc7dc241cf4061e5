import {
  type CaseResult,
  type Column,
  type Result,
  type ScenarioResult,
  type SystemResult,
  spreadOf,
} from './result.ts'

export const BEGIN = '<!-- What follows is written by `npm run bench`. -->'
export const END = '<!-- What `npm run bench` writes ends here. -->'

const number = (value: number, digits: number): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })

function cellOf(system: SystemResult, { key, digits }: Column): string {
  const figure = spreadOf(system.rounds, key)
  if (figure === undefined) return '–'
  const share = system.rounds.length > 1 ? ` ±${(figure.spread * 100).toFixed(0)} %` : ''
  return `${number(figure.median, digits)}${share}`
}

const rowOf = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`

function tableOf(columns: readonly Column[], { name, systems }: CaseResult): string {
  const measured = systems.filter(({ rounds }) => rounds.length > 0)
  const rows = measured.map((system) =>
    rowOf([system.name, ...columns.map((column) => cellOf(system, column))]),
  )
  const head = [
    rowOf([name, ...columns.map(({ title }) => title)]),
    rowOf(['---', ...columns.map(() => '---:')]),
  ]
  return [...head, ...rows].join('\n')
}

/** Remarks of all rounds, each once, by whom they are of; and who was not measured, and why. */
function notesOf(cases: readonly CaseResult[]): readonly string[] {
  const notes = cases.flatMap(({ name, systems }) =>
    systems.flatMap((system) => [
      ...(system.missing === undefined ? [] : [`${system.name} was not measured: ${system.missing}.`]),
      ...system.rounds.flatMap(({ remarks }) =>
        remarks.map((remark) => `${name}, ${system.name}: ${remark}.`),
      ),
    ]),
  )
  return [...new Set(notes)].map((note) => `- ${note}`)
}

function sectionOf({ title, explanation, columns, cases }: ScenarioResult): string {
  const tables = cases.filter(({ systems }) => systems.some(({ rounds }) => rounds.length > 0))
  const notes = notesOf(cases).join('\n')
  const parts = [`## ${title}`, explanation, ...tables.map((each) => tableOf(columns, each)), notes]
  return parts.filter((part) => part !== '').join('\n\n')
}

const listOf = (facts: Readonly<Record<string, string | number>>): string =>
  Object.entries(facts)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')

/** All tables of a result, in Markdown. */
export function tablesOf({ startedAt, isQuick, machine, versions, scenarios }: Result): string {
  const quick = isQuick ? ' **A quick run: its figures are no measurement.**' : ''
  const run = `Measured ${startedAt.slice(0, 10)} on ${listOf(machine)}; ${listOf(versions)}.${quick}`
  return [run, ...scenarios.map(sectionOf)].join('\n\n')
}

/** `page` with `tables` between the two marks. Throws where they are not in it, once each and in order. */
export function withTables(page: string, tables: string): string {
  const parts = page.split(BEGIN)
  const [head, rest] = parts
  const tail = rest?.split(END)
  if (parts.length !== 2 || tail?.length !== 2)
    throw new Error('the page has not the two marks for the tables')
  return `${head}${BEGIN}\n\n${tables}\n\n${END}${tail[1]}`
}
