import { overloadOf } from '../kernel/overloaded.ts'
import { OtherHistory } from './history-guard.ts'
import { StandbyServer } from './identity.ts'

/** The database did not answer or cannot serve now. The outcome of a write is unknown: it may have been committed. */
export class DatabaseUnavailable extends Error {
  constructor(cause?: unknown) {
    super('The database is not available.', { cause })
    this.name = 'DatabaseUnavailable'
  }
}

/**
 * Server states that pass with time or a failover, by https://www.postgresql.org/docs/current/errcodes-appendix.html:
 * 08 connection, 40 conflict with another transaction, 53 resources (53100: disk full), 57 operator, 58 system;
 * 25006 read only; 25P03 and 25P04 a transaction that idled or lasted; 55P03 and 55006 a lock; 26000 and 42P05 prepared
 * statements that a pooler or a restart took away.
 */
const PASSING = /^(08...|40...|53...|57...|58...|25006|25P03|25P04|55P03|55006|26000|42P05)$/
/** Faults that an operator has to fix: authentication (28), unknown database, missing rights. No command is at fault. */
const LASTING = /^(28...|3D000|42501)$/
/** After these the same connection serves the next statement. */
const HARMLESS = /^(40...|55P03|53100|53200|53400|42501)$/
/** A migration by a newer node changed the result of a prepared statement; a new connection prepares it again. */
const STALE_PLAN = /cached plan must not change result type/

const SOCKET_CODES = new Set([
  'EADDRNOTAVAIL',
  'EAI_AGAIN',
  'EAI_FAIL',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'EMFILE',
  'ENETDOWN',
  'ENETRESET',
  'ENETUNREACH',
  'ENFILE',
  'ENOBUFS',
  'ENOENT',
  'ENOTCONN',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'ERR_SOCKET_CLOSED',
  'ERR_STREAM_DESTROYED',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_WRITE_AFTER_END',
])
/** The driver gives these faults no code. */
const DRIVER_MESSAGES =
  /timeout exceeded when trying to connect|timeout expired|Connection terminated|Query read timeout|Client has encountered a connection error|Client was closed|Cannot use a pool after|^embedded database:/
const MAX_CAUSES = 8

/**
 * Whether `error` means that the database cannot serve, rather than that a statement was wrong. No single command causes
 * such a fault.
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  return causesOf(error).some(
    (cause) => cause instanceof DatabaseUnavailable || isPassingCause(cause) || isState(cause, LASTING),
  )
}

/** Whether `error` comes from the database or the load rather than from a topic, so that the work is retried soon. */
export function isNobodysFault(error: unknown): boolean {
  return isDatabaseUnavailable(error) || overloadOf(error) !== undefined
}

/** Whether waiting resolves `error`, a failure to open the database. */
export function isPassing(error: unknown): boolean {
  const causes = causesOf(error)
  const isUnknown = (cause: Coded): boolean => cause instanceof DatabaseUnavailable
  return (
    !causes.some((cause) => isState(cause, LASTING)) &&
    causes.some((cause) => isPassingCause(cause) || isUnknown(cause))
  )
}

/** Whether the connection that reported `error` must not be used again. */
export function breaksConnection(error: unknown): boolean {
  return isDatabaseUnavailable(error) && !causesOf(error).some((cause) => isState(cause, HARMLESS))
}

/**
 * Whether `error` concerns the server rather than one connection: it stopped, was demoted or cannot be reached. The
 * other connections to it may be as useless, and a new one may find its successor.
 */
export function suspectsServer(error: unknown): boolean {
  const causes = causesOf(error)
  return isAnswer(error)
    ? causes.some((cause) => isState(cause, /^(08...|57P..|58...|25006)$/))
    : isDatabaseUnavailable(error)
}

/** Whether the server itself sent `error`, which shows that it answers. */
export function isAnswer(error: unknown): boolean {
  return causesOf(error).some(({ code }) => SQL_STATE.test(String(code)))
}

/** Whether the server rejects writes, because it is a standby or read-only. */
export function isReadOnly(error: unknown): boolean {
  return causesOf(error).some((cause) => cause.code === '25006' || cause instanceof StandbyServer)
}

/** Whether a write found no space on the server's disk. */
export function isDiskFull(error: unknown): boolean {
  return causesOf(error).some(({ code }) => code === '53100')
}

/**
 * Classifies the error of a statement. The server's own errors and faults of the arguments stay unchanged; all others come
 * from the socket or the driver, whatever their code or text, and mean that the connection is lost.
 */
export function statementFault(error: unknown): unknown {
  const isOwn = causesOf(error).some(
    (cause) =>
      cause instanceof DatabaseUnavailable ||
      cause instanceof TypeError ||
      cause instanceof RangeError ||
      SQL_STATE.test(String(cause.code)),
  )
  return isOwn ? error : new DatabaseUnavailable(error)
}

/** Whether two transactions conflicted: an immediate retry may succeed. */
export function isConflict(error: unknown): boolean {
  return causesOf(error).some(({ code }) => code === '40001' || code === '40P01' || code === '23505')
}

/** Whether an earlier statement of the transaction has failed. */
export function isAborted(error: unknown): boolean {
  return causesOf(error).some(({ code }) => code === '25P02')
}

/** Whether the client sent text that PostgreSQL can't store: U+0000 or a lone surrogate. */
export function isUnstorableText(error: unknown): boolean {
  return causesOf(error).some(
    ({ code, detail }) =>
      code === '22021' || code === '22P05' || (code === '22P02' && /surrogate/i.test(String(detail))),
  )
}

type Coded = Error & { readonly code?: unknown; readonly detail?: unknown }

/** Every SQLSTATE contains a digit; `EPIPE` does not. */
const SQL_STATE = /^(?=.*\d)[0-9A-Z]{5}$/

function isPassingCause(cause: Coded): boolean {
  return (
    isState(cause, PASSING) ||
    cause instanceof OtherHistory ||
    cause instanceof StandbyServer ||
    (typeof cause.code === 'string' && SOCKET_CODES.has(cause.code)) ||
    DRIVER_MESSAGES.test(cause.message) ||
    STALE_PLAN.test(cause.message)
  )
}

function isState({ code }: Coded, states: RegExp): boolean {
  return typeof code === 'string' && SQL_STATE.test(code) && states.test(code)
}

function causesOf(error: unknown): readonly Coded[] {
  const causes: Coded[] = []
  for (let cause = error; cause instanceof Error && causes.length < MAX_CAUSES; cause = cause.cause) {
    causes.push(cause)
    if (cause instanceof AggregateError)
      causes.push(...cause.errors.filter((inner) => inner instanceof Error))
  }
  return causes
}
