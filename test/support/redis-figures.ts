import { Redis } from 'ioredis'

/** What a Redis has done since it started. */
export interface RedisFigures {
  /** Scripts run. */
  readonly scripts: number
  /** Messages published, each to however many. */
  readonly notices: number
  readonly cpuMs: number
}

export async function redisFigures(url: string): Promise<RedisFigures> {
  const admin = new Redis(url)
  try {
    const stats = await admin.info('commandstats')
    const callsOf = (command: string): number =>
      Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
    const cpu = await admin.info('cpu')
    const seconds = [...cpu.matchAll(/used_cpu_(?:sys|user):([\d.]+)/g)].map(([, value]) => Number(value))
    return {
      scripts: callsOf('evalsha'),
      notices: callsOf('publish'),
      cpuMs: seconds.reduce((sum, each) => sum + each * 1000, 0),
    }
  } finally {
    admin.disconnect()
  }
}
