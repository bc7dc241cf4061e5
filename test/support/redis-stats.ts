import { Redis } from 'ioredis'

/** What a Redis has done since it started. */
export interface RedisStats {
  /** Scripts run. */
  readonly scripts: number
  /** Messages published, regardless of the number of receivers. */
  readonly notices: number
  readonly cpuMs: number
}

export async function redisStats(url: string): Promise<RedisStats> {
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

/** The number of channels, and of subscriptions to them. */
export interface RedisSubscriptions {
  readonly channels: number
  readonly subscriptions: number
}

export async function redisSubscriptions(url: string): Promise<RedisSubscriptions> {
  const admin = new Redis(url)
  try {
    const channels = (await admin.pubsub('CHANNELS')) as readonly string[]
    const counts = (await admin.pubsub('NUMSUB', ...channels)) as readonly (string | number)[]
    const subscriptions = counts
      .filter((_, at) => at % 2 === 1)
      .reduce((sum: number, each) => sum + Number(each), 0)
    return { channels: channels.length, subscriptions }
  } finally {
    admin.disconnect()
  }
}
