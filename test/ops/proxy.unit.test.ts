import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const config = await readFile(join(import.meta.dirname, '../../ops/nginx/nginx.conf'), 'utf8')

interface Location {
  readonly isExact: boolean
  readonly path: string
  readonly isPassed: boolean
}

const locations: readonly Location[] = [...config.matchAll(/location (= )?(\S+) \{([^}]*)\}/g)].map(
  ([, exact, path = '', body = '']) => ({
    isExact: exact !== undefined,
    path,
    isPassed: body.includes('proxy_pass'),
  }),
)

/** As nginx chooses among these kinds of locations: an exact one, else the longest prefix. */
function isPassed(path: string): boolean {
  const exact = locations.find((each) => each.isExact && each.path === path)
  const [longest] = locations
    .filter((each) => !each.isExact && path.startsWith(each.path))
    .toSorted((one, other) => other.path.length - one.path.length)
  return (exact ?? longest)?.isPassed ?? false
}

describe('The proxy', () => {
  test.each(['/graphql', '/', '/assets/index-abc.js'])('passes %s on', (path) => {
    expect(isPassed(path)).toBe(true)
  })

  test.each([
    ...[
      '/metrics',
      '/ready',
      '/health',
      '/stats',
      '/stats/history',
      '/stats/user',
      '/broadcast',
      '/ops',
      '/dev/token',
    ],
    ...['/schema.graphql', '/graphql/', '/graphqlx', '/Metrics', '/assets', '/changes', '/anything'],
  ])('answers 404 for %s', (path) => {
    expect(isPassed(path)).toBe(false)
  })

  test('bounds connections and requests of one address, and answers 429 beyond', () => {
    expect(config).toMatch(/limit_conn_zone \$binary_remote_addr zone=(\w+):[\s\S]*limit_conn \1 \d+;/)
    expect(config).toMatch(
      /limit_req_zone \$binary_remote_addr zone=(\w+):[\s\S]*limit_req zone=\1 burst=\d+/,
    )
    expect(config.match(/limit_(?:conn|req)_status 429;/g)).toHaveLength(2)
  })

  test('logs no address with its query', () => {
    expect(config).not.toMatch(/\$request\b(?!_)|\$request_uri|\$args/)
  })
})
