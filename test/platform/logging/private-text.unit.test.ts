import { DrizzleQueryError } from 'drizzle-orm'
import fc from 'fast-check'
import { buildSchema, GraphQLError, graphqlSync } from 'graphql'
import { errors as joseErrors } from 'jose'
import { describe, expect, test } from 'vitest'
import { createLogger } from '../../../src/platform/logging/logger.ts'
import { PATIENTLY, runs } from '../../support/runs.ts'

/** User input, in no shape that a pattern could match. */
const MARKER = 'MYPRIVATEBODY'

function createRecorder() {
  const written: string[] = []
  const log = createLogger({ level: 'trace', format: 'json' }, { write: (text) => written.push(text) })
  return { log, text: () => written.join(''), lines: () => written.map((line) => JSON.parse(line)) }
}

/** As node-postgres and PGlite throw it. */
function databaseError(message: string, fields: object = {}): Error {
  return Object.assign(new Error(message), {
    severity: 'ERROR',
    code: '23514',
    routine: 'ExecConstraints',
    ...fields,
  })
}

function thrownBy(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}

const SCHEMA = buildSchema('enum Kind { A } input I { a: Int } type Query { f(i: I, kind: Kind): Int }')
const graphqlErrorOf = (source: string, variableValues: object = {}): unknown =>
  graphqlSync({ schema: SCHEMA, source, variableValues: { ...variableValues } }).errors?.[0]

const ERRORS: readonly (readonly [string, (text: string) => unknown])[] = [
  [
    'a refused row',
    (text) => databaseError('new row violates', { detail: `Failing row contains (${text}).` }),
  ],
  ['a value of the wrong kind', (text) => databaseError(`invalid input syntax for type bigint: "${text}"`)],
  [
    'a place in a function',
    (text) => databaseError('failed', { where: `SQL "${text}"`, internalQuery: text, hint: text }),
  ],
  [
    'a failed statement',
    (text) => new DrizzleQueryError(`select '${text}', $1`, [text], databaseError('x', { detail: text })),
  ],
  [
    'a failed statement in another',
    (text) => new Error('outer', { cause: new DrizzleQueryError('select $1', [text]) }),
  ],
  ['several errors at once', (text) => new AggregateError([databaseError('x', { detail: text })], 'several')],
  ['JSON that is none', (text) => thrownBy(() => JSON.parse(`{"a": ${text}`))],
  ['JSON with quotes in it', (text) => thrownBy(() => JSON.parse(`"a" "${text}" "b"`))],
  ['JSON that is a bare text', (text) => thrownBy(() => JSON.parse(text))],
  ['a number that is none', (text) => thrownBy(() => BigInt(text))],
  ['a text taken for an object', (text) => thrownBy(() => 'a' in (Object(text).valueOf() as never))],
  [
    'an unknown Redis command',
    (text) =>
      Object.assign(new Error(`ERR unknown command 'A', with args beginning with: '${text}' `), {
        name: 'ReplyError',
        command: { name: 'set', args: [text] },
      }),
  ],
  ['a wrong variable', (text) => graphqlErrorOf('query ($i: I) { f(i: $i) }', { i: { a: text } })],
  ['a wrong literal', (text) => graphqlErrorOf(`{ f(i: { a: "${text}" }) }`)],
  ['a document that does not parse', (text) => graphqlErrorOf(`{ "${text}"`)],
  ['what a GraphQL error carries', (text) => new GraphQLError('refused', { extensions: { input: text } })],
  ['a claim', (text) => new joseErrors.JWTClaimValidationFailed('unexpected', { sub: text }, 'sub')],
  [
    'what an error was given',
    (text) => Object.assign(new Error('failed'), { body: text, params: [text], input: { text } }),
  ],
  ['a text that was thrown', (text) => text],
  ['an object that was thrown', (text) => ({ text })],
]

describe('User input', () => {
  test.each(ERRORS)('in %s is not logged, wherever the error stands in the line', (_, make) => {
    const { log, text, lines } = createRecorder()
    const error = make(MARKER)
    log.error({ err: error }, 'failed')
    log.error({ error }, 'failed otherwise')
    if (error instanceof Error) log.error(error)
    if (error instanceof Error) log.error({ err: error })
    log.warn({ deep: { inside: [{ reason: error instanceof Error ? error : undefined }] } }, 'failed deeply')
    log.child({ connectionId: 'c' }).error({ err: error }, 'of a child')
    expect(text()).not.toContain(MARKER)
    expect(lines().length).toBeGreaterThanOrEqual(4)
  })

  test('is not logged in causes and lists of any nesting', PATIENTLY, () => {
    const { error } = fc.letrec<{ error: unknown }>((tie) => ({
      error: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(...ERRORS).map(([, make]) => make(MARKER)),
        tie('error').map((cause) => new Error('outer', { cause })),
        fc.array(tie('error'), { maxLength: 3 }).map((errors) => new AggregateError(errors, 'several')),
      ),
    }))
    fc.assert(
      fc.property(error, (made) => {
        const { log, text } = createRecorder()
        log.error({ err: made }, 'failed')
        expect(text()).not.toContain(MARKER)
      }),
      runs(100),
    )
  })

  test('is distinguished from what helps to find the fault', () => {
    const { log, lines } = createRecorder()
    const refused = databaseError('new row for relation violates check constraint', {
      ...{ table: 'messages', constraint: 'messages_body', schema: 'public', detail: MARKER },
    })
    log.error(
      { err: new DrizzleQueryError('insert into "messages" values ($1)', [MARKER], refused) },
      'failed',
    )
    expect(lines()[0].err).toMatchObject({
      type: 'Error',
      message: 'Failed query',
      statement: 'insert into "messages" values ($1)',
      stack: expect.stringContaining('private-text.unit.test.ts'),
      cause: { code: '23514', table: 'messages', constraint: 'messages_body', routine: 'ExecConstraints' },
    })
  })

  test('in an e-mail address is not logged, under any field name', () => {
    const { log, text } = createRecorder()
    log.info({ topic: 'notifications:ann.smith+1@mail.example.com' }, 'for ann.smith@example.com')
    expect(text()).not.toMatch(/ann|smith|example/)
  })
})

describe('A line', () => {
  test('is bounded, and stays JSON', () => {
    const { log, lines } = createRecorder()
    const wide = Object.fromEntries(
      Array.from({ length: 500 }, (_, index) => [`k${index}`, 'x'.repeat(5_000)]),
    )
    log.warn({ wide, list: Array.from({ length: 9_999 }, () => 'y'.repeat(99)) }, 'wide')
    log.warn(`long ${'z'.repeat(100_000)}`)
    log.error({ err: new Error('w'.repeat(100_000)) }, 'fault')
    expect(lines().map(({ msg }) => msg.slice(0, 5))).toEqual(['wide', 'long ', 'fault'])
    for (const line of lines()) expect(JSON.stringify(line).length).toBeLessThan(17_000)
  })

  test('ends if an error is its own cause', () => {
    const { log, lines } = createRecorder()
    const error = new Error('round')
    error.cause = error
    log.error({ err: error }, 'failed')
    expect(lines()).toHaveLength(1)
  })
})
