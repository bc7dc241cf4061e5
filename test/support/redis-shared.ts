import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'

/** The Redis of this test run. All test files use it at once: pair it with a prefix of one's own. */
export function sharedRedisUrl(): string {
  return inject('redisUrl')
}

/** Keeps one test's topics and keys apart from every other's on the shared Redis. */
export function freshRedisPrefix(): string {
  return `test:${randomUUID()}:`
}
