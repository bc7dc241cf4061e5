import { type DestinationStream, type Logger, pino } from 'pino'
import { prettyFactory } from 'pino-pretty'
import type { LogConfig } from '../config/config.ts'
import { type Bursts, createBursts } from './bursts.ts'
import { describeError, kindOfError } from './errors.ts'
import { boundLine, describeFields } from './fields.ts'
import { REDACTED, redactText, redactUrl, SECRET_PATHS } from './redaction.ts'
import { currentLogScope } from './scope.ts'

function isPretty({ format }: LogConfig, destination: DestinationStream | undefined): boolean {
  if (format !== 'auto') return format === 'pretty'
  return destination === undefined && process.stdout.isTTY === true
}

/** Writes each line immediately: pino-pretty's own stream buffers lines, and an exit would lose them. */
function createPrettyStream(output: DestinationStream, colorize: boolean): DestinationStream {
  const format = prettyFactory({ colorize })
  return { write: (line) => output.write(format(line)) }
}

const INFO = 30
const FATAL = 60

/** The fields and message of a call that logs an error without a message. */
function withMessage(args: readonly unknown[]): readonly unknown[] {
  const [first, message] = args
  if (message !== undefined) return args
  if (first instanceof Error) return [{ err: first }, describeError(first).message]
  const error = errorIn(first)
  return error instanceof Error ? [first, describeError(error).message] : args
}

function errorIn(fields: unknown): unknown {
  if (typeof fields !== 'object' || fields === null) return undefined
  const { err, error = err }: { readonly err?: unknown; readonly error?: unknown } = fields
  return error
}

function errorIdIn(fields: unknown): string | undefined {
  const id = typeof fields === 'object' && fields !== null && 'errorId' in fields ? fields.errorId : undefined
  return typeof id === 'string' ? id : undefined
}

/**
 * Writes one line per event, by default to standard output. No line contains client input, a token or a password:
 * errors are described by `describeError`, fields are bounded, and the whole line is redacted. Repeated lines of one
 * kind are folded: the first is written at once, then one every few seconds with their number.
 */
export function createLogger(
  config: LogConfig,
  destination?: DestinationStream,
  bursts: Bursts = createBursts(),
): Logger {
  const output = destination ?? pino.destination({ fd: 1, sync: true })
  const isColored = destination === undefined && process.stdout.isTTY === true
  const stream = isPretty(config, destination) ? createPrettyStream(output, isColored) : output
  return pino(
    {
      level: config.level,
      mixin: currentLogScope,
      redact: { paths: [...SECRET_PATHS], censor: REDACTED },
      formatters: { log: describeFields },
      serializers: {
        url: (url: unknown) => (typeof url === 'string' || url instanceof URL ? redactUrl(url) : url),
        // Already described: pino's own serializer would add every property of an error.
        err: (error: unknown) => error,
      },
      hooks: {
        logMethod(args, write, level) {
          const given: readonly unknown[] = withMessage(args)
          const [fields, message] = given
          const text = typeof fields === 'string' ? fields : String(message ?? '')
          const emit = (more: object): void => {
            const own =
              typeof fields === 'string'
                ? [more, ...given]
                : [{ ...Object(fields), ...more }, ...given.slice(1)]
            Reflect.apply(write, this, own)
          }
          const kind = `${level} ${text} ${kindOfError(errorIn(fields))}`
          const isWritten =
            level < INFO ||
            level >= FATAL ||
            bursts.isFirst(kind, errorIdIn(fields), (repeated, errorIds) =>
              emit({ repeated, ...(errorIds.length === 0 ? {} : { errorIds }) }),
            )
          if (isWritten) Reflect.apply(write, this, [...given])
        },
        // Redaction by field name would miss tokens in messages, stacks and unforeseen fields. The final line is the
        // one point that all of them pass through.
        streamWrite: (line) => redactText(boundLine(line)),
      },
    },
    stream,
  )
}
