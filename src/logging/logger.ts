import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino'
import { prettyFactory } from 'pino-pretty'
import type { LogConfig } from '../config/config.ts'
import { REDACTED, redactText, redactUrl, SECRET_PATHS } from './redaction.ts'
import { currentLogScope } from './scope.ts'

function isPretty({ format }: LogConfig, destination: DestinationStream | undefined): boolean {
  if (format !== 'auto') return format === 'pretty'
  return destination === undefined && process.stdout.isTTY === true
}

/** Line by line and at once: the ready-made stream holds lines back, and an exit would lose them. */
function createPrettyStream(output: DestinationStream, colorize: boolean): DestinationStream {
  const format = prettyFactory({ colorize })
  return { write: (line) => output.write(format(line)) }
}

/**
 * Writes a line per event, to the standard output where no destination is given. Tokens and passwords get
 * into none of them: not by the name of a field, nor in an address, an error or a message.
 */
export function createLogger(config: LogConfig, destination?: DestinationStream): Logger {
  const output = destination ?? pino.destination({ fd: 1, sync: true })
  const isColored = destination === undefined && process.stdout.isTTY === true
  const stream = isPretty(config, destination) ? createPrettyStream(output, isColored) : output
  return pino(
    {
      level: config.level,
      mixin: currentLogScope,
      redact: { paths: [...SECRET_PATHS], censor: REDACTED },
      serializers: {
        url: (url: unknown) => (typeof url === 'string' || url instanceof URL ? redactUrl(url) : url),
        error: stdSerializers.err,
      },
      hooks: {
        // By names and serializers alone a token would get out in a message, a stack or a field that nobody
        // thought of. The line as it is written is the one place that all of them pass.
        streamWrite: redactText,
      },
    },
    stream,
  )
}
