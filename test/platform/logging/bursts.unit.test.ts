import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createBursts } from '../../../src/platform/logging/bursts.ts'
import { createLogger } from '../../../src/platform/logging/logger.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function createRecorder() {
  const written: string[] = []
  const log = createLogger(
    { level: 'info', format: 'json' },
    { write: (text) => written.push(text) },
    createBursts(1_000),
  )
  const lines = () =>
    written
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
      .map(({ msg, repeated, errorIds }) => [msg, repeated, errorIds])
  return { log, lines }
}

const away = () => Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })

describe('Lines of one kind in a burst', () => {
  test('are one at once, and one a period with the number of the others', () => {
    const { log, lines } = createRecorder()
    for (let index = 0; index < 1_000; index += 1)
      log.warn({ err: away(), topic: `t${index}` }, 'the database was not available')
    expect(lines()).toEqual([['the database was not available', undefined, undefined]])
    vi.advanceTimersByTime(1_000)
    expect(lines().slice(1)).toEqual([['the database was not available', 999, undefined]])
    log.warn({ err: away() }, 'the database was not available')
    expect(lines()).toHaveLength(2)
    vi.advanceTimersByTime(1_000)
    expect(lines().slice(2)).toEqual([['the database was not available', 1, undefined]])
  })

  test('are written at once again after a quiet period', () => {
    const { log, lines } = createRecorder()
    log.warn('once')
    vi.advanceTimersByTime(1_000)
    log.warn('once')
    expect(lines()).toHaveLength(2)
  })

  test('list the ids that clients were shown, as far as they are few', () => {
    const { log, lines } = createRecorder()
    for (const errorId of ['err_1', 'err_2', 'err_3'])
      log.error({ err: new Error('x'), errorId }, 'a fault was masked')
    vi.advanceTimersByTime(1_000)
    expect(lines()[1]).toEqual(['a fault was masked', 2, ['err_2', 'err_3']])
  })

  test('are folded over children', () => {
    const { log, lines } = createRecorder()
    for (let index = 0; index < 9; index += 1)
      log
        .child({ connectionId: `c${index}` })
        .info({ err: new RangeError('Invalid frame') }, 'the client broke the protocol')
    expect(lines()).toHaveLength(1)
  })

  test('keep the fields of the latest', () => {
    const written: string[] = []
    const log = createLogger(
      { level: 'info', format: 'json' },
      { write: (text) => written.push(text) },
      createBursts(1_000),
    )
    for (const topic of ['a', 'b', 'c'])
      log.child({ node: 'n' }).warn({ err: away(), topic }, 'a topic could not be read')
    vi.advanceTimersByTime(1_000)
    expect(JSON.parse(written[1] ?? '')).toMatchObject({
      topic: 'c',
      node: 'n',
      repeated: 2,
      err: { code: 'ECONNREFUSED' },
    })
  })
})

describe('Lines of different kinds', () => {
  test('do not hide each other: another message, level, code or origin', () => {
    const { log, lines } = createRecorder()
    log.warn({ err: away() }, 'failed')
    log.error({ err: away() }, 'failed')
    log.warn({ err: Object.assign(new Error('x'), { code: 'ETIMEDOUT' }) }, 'failed')
    log.warn({ err: new TypeError('x') }, 'failed')
    log.warn({ err: new Error('outer', { cause: away() }) }, 'failed')
    log.warn({ err: away() }, 'failed elsewhere')
    expect(lines()).toHaveLength(6)
  })
})
