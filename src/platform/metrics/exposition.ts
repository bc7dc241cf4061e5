import { Counter, Gauge, type Registry } from 'prom-client'
import type { Histogram } from '../../engine/kernel/histogram.ts'

/** A metric's name and description, with its unit. */
export interface Named {
  readonly name: string
  readonly help: string
}

/** One number, or one for each value of a label. */
export type Reading =
  | (() => number)
  | { readonly label: string; readonly read: () => Iterable<readonly [value: string, number: number]> }

/** Exposes the counters of other components to Prometheus. They are read on each scrape only. */
export interface Exposition {
  /** A value that only grows during the life of the process. */
  counter(named: Named, reading: Reading): void
  gauge(named: Named, reading: Reading): void
  histogram(named: Named, histogram: Histogram): void
  /** All metrics in the Prometheus text format, version 0.0.4. */
  text(): Promise<string>
}

export function createExposition(registry: Registry): Exposition {
  const registers = [registry]
  const histograms: (() => string)[] = []
  return {
    counter(named, reading) {
      const counter = new Counter({
        ...{ ...named, registers, labelNames: labelsOf(reading) },
        collect() {
          counter.reset()
          show(reading, (labels, value) => counter.inc(labels, value))
        },
      })
    },

    gauge(named, reading) {
      const gauge = new Gauge({
        ...{ ...named, registers, labelNames: labelsOf(reading) },
        collect() {
          gauge.reset()
          show(reading, (labels, value) => gauge.set(labels, value))
        },
      })
    },

    histogram(named, histogram) {
      histograms.push(() => histogramText(named, histogram))
    },

    async text() {
      const parts = [await registry.metrics(), ...histograms.map((text) => text())]
      return parts.join('\n')
    },
  }
}

function labelsOf(reading: Reading): string[] {
  return typeof reading === 'function' ? [] : [reading.label]
}

function show(reading: Reading, set: (labels: Record<string, string>, value: number) => void): void {
  if (typeof reading === 'function') set({}, reading())
  else for (const [value, number] of reading.read()) set({ [reading.label]: value }, number)
}

/** prom-client's own histogram takes values one by one as they occur, which would cost a lookup each. */
function histogramText({ name, help }: Named, { bounds, counts, sum }: Histogram): string {
  let count = 0
  const buckets = counts.map((own, at) => {
    count += own
    return `${name}_bucket{le="${bounds[at] ?? '+Inf'}"} ${count}`
  })
  const head = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`]
  return `${[...head, ...buckets, `${name}_sum ${sum}`, `${name}_count ${count}`].join('\n')}\n`
}
