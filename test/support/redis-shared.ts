import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'

/** The Redis of this test run. All test files share it: combine it with a private prefix. */
export function sharedRedisUrl(): string {
  return inject('redisUrl')
}

/** Keeps one test's topics and keys apart from every other's on the shared Redis. */
export function freshRedisPrefix(): string {
  return `test:${randomUUID()}:`
}
