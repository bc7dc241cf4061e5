import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Readiness } from '../../platform/health/readiness.ts'
import { answerJson } from './json.ts'
import { createOperationsHandler } from './operations.ts'
import type { OriginPolicy } from './origin.ts'

/** What a node answers before it can do its work. */
export interface Starting {
  request(request: IncomingMessage, response: ServerResponse): void
  upgrade(stream: Duplex): void
}

export interface StartingOptions {
  readonly readiness: Pick<Readiness, 'problems' | 'warnings'>
  readonly origins: OriginPolicy
  readonly onFault: (fault: unknown) => void
}

const MESSAGE = 'The server waits for its database. Retry.'
const RETRY_AFTER = { 'retry-after': '1' }

/** `/health` answers that the process lives, `/ready` what is missing, and everything else 503. */
export function createStarting({ readiness, origins, onFault }: StartingOptions): Starting {
  const answerOperations = createOperationsHandler({
    ...{ readiness, origins, onFault, tokenOrigins: origins },
    ...{ schema: null, issueToken: null, others: [] },
  })
  return {
    request(request, response) {
      if (answerOperations(request, response)) return
      const headers = { ...origins.corsHeaders(request.headers.origin), ...RETRY_AFTER }
      answerJson(
        response,
        503,
        { errors: [{ message: MESSAGE, extensions: { code: 'UNAVAILABLE' } }] },
        headers,
      )
    },
    upgrade(stream) {
      stream.on('error', () => {})
      stream.end(
        'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n',
      )
    },
  }
}
