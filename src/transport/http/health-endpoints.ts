import { Hono, type MiddlewareHandler } from 'hono'
import { formatInstant } from '../../engine/kernel/instant.ts'
import type { Problem, Readiness, Warning } from '../../platform/health/readiness.ts'
import { type EndpointEnv, type Endpoints, json } from './endpoint.ts'

/** `GET /health`: the process is alive. `GET /ready`: whether the node can serve traffic, and if not, why. */
export function createHealthEndpoints(
  readiness: Pick<Readiness, 'problems' | 'warnings'>,
  cors: MiddlewareHandler,
): Endpoints {
  const endpoints = new Hono<EndpointEnv>()
  endpoints.use('/health', cors).get((c) => json(c, 200, { status: 'ok' }))
  endpoints.use('/ready', cors).get((c) => {
    const problems = readiness.problems().map(shown)
    const warnings = readiness.warnings().map(shown)
    if (problems.length === 0) return json(c, 200, { ready: true, warnings })
    return json(c, 503, { ready: false, problems, warnings })
  })
  return endpoints
}

function shown({ part, since, message }: Problem | Warning): object {
  return { part, since: formatInstant(since), message }
}
