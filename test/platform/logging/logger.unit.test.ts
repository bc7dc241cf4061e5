import { GraphQLError } from 'graphql'
import { describe, expect, test } from 'vitest'
import { createLogger } from '../../../src/platform/logging/logger.ts'
import { redactUrl } from '../../../src/platform/logging/redaction.ts'

const TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEiLCJleHAiOjF9.c2lnbmF0dXJlLW9mLWFkYQ'
/** Of no shape that could be known. */
const OPAQUE = 'correct-horse-battery'

function createRecorder(format: 'json' | 'pretty' | 'auto' = 'json') {
  const written: string[] = []
  const log = createLogger({ level: 'trace', format }, { write: (text) => written.push(text) })
  return { log, text: () => written.join('') }
}

describe.each([
  ['JSON Web Token', TOKEN],
  ['token of no known shape', OPAQUE],
])('A %s', (_, token) => {
  test.each<[string, object]>([
    ['in the payload of connection_init', { connectionParams: { authorization: `Bearer ${token}` } }],
    [
      'in the payload of connection_init as token',
      { message: { type: 'connection_init', payload: { token } } },
    ],
    ['in a header', { req: { headers: { authorization: `Bearer ${token}`, host: 'a' } } }],
    ['in a capital header', { request: { headers: { Authorization: token } } }],
    ['in the raw headers', { rawHeaders: ['Authorization', `Bearer ${token}`] }],
    ['in a cookie', { req: { headers: { cookie: `session=${token}`, 'set-cookie': [token] } } }],
    ['in an address', { url: `/graphql?a=1&token=${token}&b=2` }],
    ['in an address as an object', { url: new URL(`wss://host.example/graphql?token=${token}`) }],
    ['in an address of another name', { req: { method: 'GET', referer: `https://a/?token=${token}` } }],
    ['in the variables of authenticate', { operation: { variables: { token } } }],
    ['in the document of authenticate', { query: `mutation { authenticate(token: "${token}") { ok } }` }],
    [
      'in a frame as text',
      { frame: JSON.stringify({ type: 'subscribe', payload: { variables: { token } } }) },
    ],
    ['in the payload of ping', { type: 'ping', payload: { authorization: `Bearer ${token}` } }],
    ['in an error', { err: new Error(`no route for /graphql?token=${token}`) }],
    [
      'in the cause of an error',
      { error: new Error('failed', { cause: new Error(`Bearer ${token} is bad`) }) },
    ],
    [
      'in what an error carries',
      {
        err: new GraphQLError('refused', { extensions: { request: { headers: { authorization: token } } } }),
      },
    ],
  ])('%s is not logged', (_name, fields) => {
    const { log, text } = createRecorder()
    log.info(fields, 'seen')
    expect(text()).not.toContain(token)
    expect(JSON.parse(text())).toMatchObject({ msg: 'seen', level: 30 })
  })

  test('in a message, an interpolated value or a child is not logged', () => {
    const { log, text } = createRecorder()
    log.info(`upgrade of /graphql?token=${token}`)
    log.info('upgrade with %s', `Bearer ${token}`)
    log.info('upgrade with %j', { authorization: `Bearer ${token}` })
    log.child({ connection: { token } }).info('child')
    log.error(new Error(`token=${token}`))
    expect(text()).not.toContain(token)
    expect(text().trim().split('\n')).toHaveLength(5)
  })

  test('is not logged in pretty lines', () => {
    const { log, text } = createRecorder('pretty')
    log.info({ req: { headers: { authorization: `Bearer ${token}` } } }, `GET /?token=${token}`)
    expect(text()).toContain('INFO')
    expect(text()).not.toContain(token)
  })
})

describe('What is no secret', () => {
  test('is logged as it is', () => {
    const { log, text } = createRecorder('auto')
    log.warn(
      { token: null, tokens: 12, user: { id: 'ada' }, url: '/graphql?a=1', err: undefined },
      'tokens: 12',
    )
    expect(JSON.parse(text())).toMatchObject({
      tokens: 12,
      user: { id: 'ada' },
      url: '/graphql?a=1',
      msg: 'tokens: 12',
    })
  })

  test('below the level is not logged', () => {
    const written: string[] = []
    const log = createLogger({ level: 'warn', format: 'json' }, { write: (text) => written.push(text) })
    log.info('quiet')
    log.warn('loud')
    expect(written).toHaveLength(1)
  })

  test('keeps the message and the stack of an error', () => {
    const { log, text } = createRecorder()
    log.error({ err: new Error('it broke') }, 'failed')
    expect(JSON.parse(text()).err).toMatchObject({ type: 'Error', message: 'it broke' })
    expect(JSON.parse(text()).err.stack).toContain('logger.unit.test.ts')
  })
})

describe('An address', () => {
  test.each([
    ['/graphql?token=abc', '/graphql?token=[redacted]'],
    ['/graphql?a=1&token=abc&b=2#c', '/graphql?a=1&token=[redacted]&b=2#c'],
    ['postgres://app:p4ss@db.example/app', 'postgres://app:[redacted]@db.example/app'],
    ['redis://:p@ss@redis.example:6379', 'redis://:[redacted]@redis.example:6379'],
    ['https://host.example:8443/a:b@c', 'https://host.example:8443/a:b@c'],
    ['/graphql', '/graphql'],
  ])('%s is shown as %s', (url, shown) => {
    expect(redactUrl(url)).toBe(shown)
  })
})
