import type { IncomingMessage, ServerResponse } from 'node:http'
import { formatInstant } from '../../engine/kernel/instant.ts'
import type { DevClaims, DevToken } from '../../platform/auth/dev-token.ts'
import type { Problem, Readiness, Warning } from '../../platform/health/readiness.ts'
import { answerDevToken } from './dev-token.ts'
import { type Endpoint, type Exchange, READ } from './endpoint.ts'
import { answerJson, answerText } from './json.ts'
import type { OriginPolicy } from './origin.ts'

export interface OperationsDependencies {
  readonly readiness: Pick<Readiness, 'problems' | 'warnings'>
  /** The schema's SDL; null where it is not public. */
  readonly schema: string | null
  /** null where the server issues no tokens: `/dev/token` does not exist then. */
  readonly issueToken: ((claims: DevClaims) => Promise<DevToken>) | null
  /** Which pages may ask for a token. */
  readonly tokenOrigins: OriginPolicy
  /** Endpoints of other files, by path. */
  readonly others: Iterable<readonly [path: string, Endpoint]>
  readonly origins: OriginPolicy
  /** Gets what an endpoint throws; the client gets a 500 that says nothing. */
  readonly onFault: (fault: unknown) => void
}

function answerHealth({ response, cors }: Exchange): void {
  answerJson(response, 200, { status: 'ok' }, cors)
}

function answerReadiness({ response, cors }: Exchange, readiness: OperationsDependencies['readiness']): void {
  const problems = readiness.problems().map(shown)
  const warnings = readiness.warnings().map(shown)
  if (problems.length === 0) answerJson(response, 200, { ready: true, warnings }, cors)
  else answerJson(response, 503, { ready: false, problems, warnings }, cors)
}

function shown({ part, since, message }: Problem | Warning): object {
  return { part, since: formatInstant(since), message }
}

function createEndpoints({
  readiness,
  schema,
  issueToken,
  tokenOrigins,
  others,
}: OperationsDependencies): ReadonlyMap<string, Endpoint | null> {
  return new Map<string, Endpoint | null>([
    ...others,
    ['/health', { methods: READ, answer: answerHealth }],
    ['/ready', { methods: READ, answer: (exchange) => answerReadiness(exchange, readiness) }],
    [
      '/schema.graphql',
      schema === null
        ? null
        : {
            methods: READ,
            answer: ({ response, cors }) =>
              answerText(response, 200, 'application/graphql; charset=utf-8', schema, cors),
          },
    ],
    [
      '/dev/token',
      issueToken === null
        ? null
        : {
            methods: ['POST'],
            origins: tokenOrigins,
            answer: (exchange) => answerDevToken(exchange, issueToken),
          },
    ],
  ])
}

/**
 * Answers `/health`, `/ready`, `/schema.graphql`, `/dev/token` and the others: these paths alone, whatever the query.
 * True where the request was for one of them; it is, or will be, answered then.
 */
export function createOperationsHandler(
  dependencies: OperationsDependencies,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  const endpoints = createEndpoints(dependencies)
  const { origins, onFault } = dependencies

  async function answer(endpoint: Endpoint | null, exchange: Exchange): Promise<void> {
    const { request, response, cors } = exchange
    const { method = 'GET' } = request
    if (endpoint === null) return answerJson(response, 404, { error: 'There is nothing here.' }, cors)
    const allow = [...endpoint.methods, 'OPTIONS'].join(', ')
    if (method === 'OPTIONS') {
      response.writeHead(204, { ...cors, allow }).end()
    } else if (endpoint.methods.includes(method)) {
      await endpoint.answer(exchange)
    } else {
      answerJson(response, 405, { error: `Use ${endpoint.methods.join(' or ')}.` }, { ...cors, allow })
    }
  }

  return (request, response) => {
    const [path = ''] = (request.url ?? '').split('?')
    const endpoint = endpoints.get(path)
    if (endpoint === undefined) return false
    const { origin, host } = request.headers
    if (endpoint?.origins?.isAllowed(origin, host) === false) {
      answerJson(response, 403, { error: 'Pages of this origin may not use this endpoint.' })
      return true
    }
    const cors = (endpoint?.origins ?? origins).corsHeaders(origin)
    answer(endpoint, { request, response, cors }).catch((fault: unknown) => {
      onFault(fault)
      if (response.headersSent) response.destroy()
      else answerJson(response, 500, { error: 'Something went wrong on our side.' }, cors)
    })
    return true
  }
}
