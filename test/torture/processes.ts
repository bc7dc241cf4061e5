import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'

/** The resident memory of a local process, in bytes. */
export interface Memory {
  readonly resident: number
  /** The peak. */
  readonly peak: number
}

/** Throws if the process has exited. */
export async function memoryOf(pid: number): Promise<Memory> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const read = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024
  return { resident: read('VmRSS'), peak: read('VmHWM') }
}

/** Open files and sockets. Throws if the process has exited. */
export async function openFilesOf(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MB`
}

/** The resources of a process at one time. */
export interface Sample {
  readonly atMs: number
  readonly residentBytes: number
  readonly openFiles: number
}

/** Samples a process until stopped; then returns the samples. */
export function watchProcess(pid: number, everyMs: number): { stop(): Promise<readonly Sample[]> } {
  const samples: Sample[] = []
  let isOver = false
  const watching = (async () => {
    while (!isOver) {
      const [{ resident }, openFiles] = await Promise.all([memoryOf(pid), openFilesOf(pid)])
      samples.push({ atMs: Date.now(), residentBytes: resident, openFiles })
      await pause(everyMs)
    }
    return samples
  })()
  // `stop` rejects with the error.
  watching.catch(() => {})
  return {
    stop() {
      isOver = true
      return watching
    },
  }
}

/** Growth per minute, by least squares. */
export function slopePerMinute(points: readonly (readonly [atMs: number, value: number])[]): number {
  const mean = (of: (point: readonly [number, number]) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length
  const [meanAt, meanValue] = [mean(([at]) => at), mean(([, value]) => value)]
  const spread = mean(([at]) => (at - meanAt) ** 2)
  return spread === 0 ? 0 : (mean(([at, value]) => (at - meanAt) * (value - meanValue)) / spread) * 60_000
}

const TICKS_PER_SECOND = 100

/** Processor time of all threads of a process. Throws if the process has exited. */
export async function cpuMsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  // After the name in brackets, which may contain spaces: utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND
}
