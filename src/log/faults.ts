import { OtherHistory } from './history-guard.ts'
import { StandbyServer } from './identity.ts'

/** The record did not answer. Of a write nothing is known: it may have been committed. */
export class RecordUnavailable extends Error {
  constructor(cause?: unknown) {
    super('The database is not available.', { cause })
    this.name = 'RecordUnavailable'
  }
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html: 08 connection, 53 resources, 57P shutdown. */
const SQL_STATES = /^(08...|53...|57P0.|57014|55P03|25P03)$/
const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
])
/** The driver gives these faults no code. */
const DRIVER_MESSAGES =
  /timeout exceeded when trying to connect|Connection terminated|Query read timeout|Client has encountered a connection error|Cannot use a pool after|^embedded database:/
const MAX_CAUSES = 5

/** Whether `error` says that the record was out of reach, rather than that a statement was wrong. */
export function isRecordUnavailable(error: unknown): boolean {
  return causesOf(error).some(
    (cause) =>
      cause instanceof RecordUnavailable ||
      cause instanceof OtherHistory ||
      cause instanceof StandbyServer ||
      (typeof cause.code === 'string' && (SOCKET_CODES.has(cause.code) || SQL_STATES.test(cause.code))) ||
      DRIVER_MESSAGES.test(cause.message),
  )
}

/** Two transactions stood in each other's way: the same work may succeed at once. */
export function isConflict(error: unknown): boolean {
  return causesOf(error).some(({ code }) => code === '40001' || code === '40P01' || code === '23505')
}

/** An earlier statement of the transaction has failed. */
export function isAborted(error: unknown): boolean {
  return causesOf(error).some(({ code }) => code === '25P02')
}

/** The client sent text that PostgreSQL can't hold: U+0000, or a surrogate without its other half. */
export function isUnstorableText(error: unknown): boolean {
  return causesOf(error).some(
    ({ code, detail }) =>
      code === '22021' || code === '22P05' || (code === '22P02' && /surrogate/i.test(String(detail))),
  )
}

type Coded = Error & { readonly code?: unknown; readonly detail?: unknown }

function causesOf(error: unknown): readonly Coded[] {
  const causes: Coded[] = []
  for (let cause = error; cause instanceof Error && causes.length < MAX_CAUSES; cause = cause.cause) {
    causes.push(cause)
    if (cause instanceof AggregateError)
      causes.push(...cause.errors.filter((inner) => inner instanceof Error))
  }
  return causes
}
