import { type Handler, Hono, type NotFoundHandler } from 'hono'
import type { Readiness } from '../../platform/health/readiness.ts'
import { type AdminOptions, createAdminEndpoints } from './admin-endpoints.ts'
import { createDevTokenEndpoint, type DevTokenOptions } from './dev-token.ts'
import { crossOrigin, type EndpointEnv, type Endpoints, json, text } from './endpoint.ts'
import { createHealthEndpoints } from './health-endpoints.ts'
import { SECURITY_HEADERS } from './json.ts'
import type { OriginPolicy } from './origin.ts'
import { revalidation } from './page.ts'
import { createPages } from './pages.ts'

export interface StartingOptions {
  readonly readiness: Pick<Readiness, 'problems' | 'warnings'>
  readonly origins: OriginPolicy
  /** Receives what an endpoint throws; the client gets a 500 without details. */
  readonly onFault: (fault: unknown) => void
}

export interface RouterOptions extends StartingOptions {
  readonly admin: AdminOptions
  /** The schema's SDL; null if it is not public. */
  readonly schema: string | null
  /** Null if the server issues no tokens. */
  readonly devTokens: DevTokenOptions | null
  /** Null if GraphiQL is off. */
  readonly graphiql: Handler | null
  readonly isDemoOn: boolean
}

const notFound: NotFoundHandler<EndpointEnv> = (c) => json(c, 404, { error: 'Not found.' })

/** Serves everything except operations and WebSockets. */
export function createRouter(options: RouterOptions): Endpoints {
  const cors = crossOrigin(options.origins)
  const endpoints = new Hono<EndpointEnv>()
  endpoints.route('/', createHealthEndpoints(options.readiness, cors))
  endpoints.route('/', createAdminEndpoints(options.admin, cors))

  const { schema, devTokens } = options
  endpoints.use('/schema.graphql', cors)
  if (schema !== null) {
    const headers = { 'content-type': 'application/graphql; charset=utf-8', ...SECURITY_HEADERS }
    endpoints.get('/schema.graphql', (c) => text(c, 200, schema, headers))
  }
  if (devTokens === null) endpoints.use('/dev/token', cors)
  else endpoints.route('/', createDevTokenEndpoint(devTokens))
  endpoints.use('/graphql', cors, revalidation).all(atGraphql(options.graphiql))

  return createBaseRouter(endpoints, options, notFound).route('/', createPages(options.isDemoOn))
}

/** Serves a node that is waiting for its database: `/health`, `/ready` with the problem, and 503 everywhere else. */
export function createStartingRouter(options: StartingOptions): Endpoints {
  const cors = crossOrigin(options.origins)
  const error = {
    message: 'The server is waiting for its database. Retry.',
    extensions: { code: 'UNAVAILABLE' },
  }
  const unavailable: NotFoundHandler<EndpointEnv> = (c) =>
    json(c, 503, { errors: [error] }, { 'retry-after': '1' })
  const endpoints = createHealthEndpoints(options.readiness, cors)
  return createBaseRouter(endpoints, options, unavailable).use(cors)
}

/** A router with `endpoints`, their OPTIONS and 405, and `unknown` for all other paths. */
function createBaseRouter(
  endpoints: Endpoints,
  { onFault }: StartingOptions,
  unknown: NotFoundHandler<EndpointEnv>,
): Endpoints {
  // The path as sent: `/x/../health` and `/%68ealth` are not aliases of `/health`.
  const router = new Hono<EndpointEnv>({ getPath: (_request, sent) => pathOf(sent?.env?.incoming.url) })
  router.route('/', endpoints)
  router.onError((fault, c) => {
    onFault(fault)
    return json(c, 500, { error: 'Internal server error.' })
  })
  router.notFound((c) => {
    const methods = methodsAt(endpoints, c.req.path)
    if (methods.length === 0) return unknown(c)
    const allow = [...methods, 'OPTIONS'].join(', ')
    if (c.req.method === 'OPTIONS') return c.body(null, 204, { allow })
    return json(c, 405, { error: `Use ${methods.join(' or ')}.` }, { allow })
  })
  return router
}

/** Hono's `methodNotAllowed` does the same, but answers OPTIONS with the headers of the 404 that it replaces. */
function methodsAt({ routes }: Endpoints, path: string): readonly string[] {
  const own = routes.filter((route) => route.path === path && route.method !== 'ALL')
  return [...new Set(own.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))]
}

/** What `/graphql` answers to requests without an operation: the page, preflights and refusals. */
function atGraphql(graphiql: Handler | null): Handler {
  const allow = 'GET, POST, OPTIONS'
  const error = { message: 'Use GET or POST.', extensions: { code: 'BAD_REQUEST' } }
  return (c, next) => {
    if (c.req.method === 'OPTIONS') {
      return c.body(null, 204, { 'cache-control': 'no-store', ...SECURITY_HEADERS, allow })
    }
    if (c.req.method === 'GET' && graphiql !== null) return graphiql(c, next)
    return json(c, 405, { errors: [error] }, { allow })
  }
}

export function pathOf(url = '/'): string {
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}
