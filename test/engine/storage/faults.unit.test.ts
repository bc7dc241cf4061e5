import { describe, expect, test } from 'vitest'
import { Overloaded } from '../../../src/engine/kernel/overloaded.ts'
import {
  breaksConnection,
  DatabaseUnavailable,
  isDatabaseUnavailable,
  isNobodysFault,
  isPassing,
  statementFault,
  suspectsServer,
} from '../../../src/engine/storage/faults.ts'

const coded = (code: string, message = 'what the server says'): Error =>
  Object.assign(new Error(message), { code })
/** As the builder wraps it. */
const wrapped = (cause: unknown): Error => new Error('Failed query', { cause })

describe('a fault of the database', () => {
  test.each([
    ['08006', 'the connection failed'],
    ['25006', 'it is read only'],
    ['53100', 'the disk is full'],
    ['53200', 'memory is short'],
    ['53300', 'connections are short'],
    ['57014', 'the statement took too long'],
    ['57P01', 'it was shut down'],
    ['57P03', 'it starts'],
    ['58030', 'the disk failed'],
    ['55P03', 'a lock was not to be had'],
    ['25P03', 'the transaction idled'],
    ['40001', 'transactions were in the way'],
    ['26000', 'a pooler lost a prepared statement'],
    ['42501', 'rights were taken away'],
    ['28P01', 'the password was changed'],
    ['3D000', 'the database is gone'],
    ['ECONNREFUSED', 'nothing listens'],
    ['EHOSTUNREACH', 'no way leads there'],
    ['EMFILE', 'sockets are short'],
  ])('is distinguished from a fault of a statement: %s, %s', (code) => {
    expect(isDatabaseUnavailable(wrapped(coded(code)))).toBe(true)
  })

  test.each([
    ['22003', 'a number out of range'],
    ['23502', 'a null where none may be'],
    ['42601', 'a statement that is wrong'],
    ['54000', 'a limit of the program'],
    ['P0001', 'what a trigger raised'],
    ['XX000', 'a fault of the server itself'],
  ])('is not what one command may cause: %s, %s', (code) => {
    expect(isDatabaseUnavailable(wrapped(coded(code)))).toBe(false)
  })

  test('is whatever the socket or the driver fails with, known or not', () => {
    const odd = Object.assign(new Error('never heard of'), { code: 'ENEVERHEARDOF' })
    for (const fault of [odd, new Error('no code at all'), coded('EPIPE')]) {
      expect(statementFault(fault)).toBeInstanceOf(DatabaseUnavailable)
    }
    const own = [coded('22003'), new TypeError('Do not know how to serialize a BigInt')]
    for (const fault of own) expect(statementFault(fault)).toBe(fault)
  })

  test('ends a start only where time does not mend it', () => {
    for (const code of ['28P01', '28000', '3D000', '42501', '42601'])
      expect(isPassing(coded(code))).toBe(false)
    for (const code of ['57P03', '53300', '25006', 'ECONNREFUSED', 'ENOTFOUND']) {
      expect(isPassing(coded(code))).toBe(true)
    }
  })

  test('is no topic’s own, and neither is the load, however it is wrapped', () => {
    for (const error of [new Overloaded(5), wrapped(new Overloaded(5)), wrapped(coded('25006'))]) {
      expect(isNobodysFault(error)).toBe(true)
    }
    expect(isNobodysFault(wrapped(coded('23502')))).toBe(false)
  })

  test('costs its connection where the next statement would meet it, too', () => {
    for (const code of ['25006', '57014', '57P01', '26000']) expect(breaksConnection(coded(code))).toBe(true)
    expect(breaksConnection(coded('0A000', 'cached plan must not change result type'))).toBe(true)
    for (const code of ['55P03', '40001', '53100', '23505', '22003']) {
      expect(breaksConnection(coded(code))).toBe(false)
    }
  })

  test('costs all idle connections where it is about the server', () => {
    for (const fault of [coded('25006'), coded('57P01'), new DatabaseUnavailable()]) {
      expect(suspectsServer(fault)).toBe(true)
    }
    for (const code of ['57014', '55P03', '53100']) expect(suspectsServer(coded(code))).toBe(false)
  })
})
