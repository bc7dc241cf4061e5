/** A parsed response of `/metrics`. */
export interface Scrape {
  /** The types of all declared metrics, by name. */
  readonly types: ReadonlyMap<string, string>
  /** The value of a sample, named as in the text: `name`, or `name{label="value"}`. */
  value(sample: string): number
  /** The names of all samples, without labels. */
  readonly samples: ReadonlySet<string>
}

const SAMPLE = /^(?<sample>(?<name>[a-zA-Z_:][\w:]*)(\{[^}]*\})?) (?<value>\S+)$/

/** Throws on a line that is not in the Prometheus text format. */
export async function scrape(url: string): Promise<Scrape> {
  const response = await fetch(`${url}/metrics`)
  if (response.status !== 200) throw new Error(`/metrics answered ${response.status}`)
  const types = new Map<string, string>()
  const values = new Map<string, number>()
  const samples = new Set<string>()
  for (const line of (await response.text()).split('\n')) {
    const [, name, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? []
    if (name !== undefined && type !== undefined) types.set(name, type)
    if (line === '' || line.startsWith('#')) continue
    const found = SAMPLE.exec(line)?.groups
    if (found === undefined) throw new Error(`no sample: ${line}`)
    values.set(found['sample'] ?? '', Number(found['value']))
    samples.add(found['name'] ?? '')
  }
  return { types, samples, value: (sample) => values.get(sample) ?? 0 }
}
