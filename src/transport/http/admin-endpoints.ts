import { Hono, type MiddlewareHandler } from 'hono'
import { isPrivileged } from '../../engine/kernel/actor.ts'
import type { SignIn } from '../../engine/session/sign-in.ts'
import { type Credential, tokenFromAuthorization } from '../../platform/auth/credentials.ts'
import { actorOf, type Viewer } from '../../platform/auth/viewer.ts'
import type { BroadcastAnswer } from '../../resolvers/broadcast.ts'
import type { Mask } from '../masking.ts'
import { type EndpointEnv, json, jsonBody, text } from './endpoint.ts'
import { SECURITY_HEADERS } from './json.ts'

export interface AdminOptions {
  readonly signIn: (credential: Credential) => Promise<SignIn>
  readonly mask: Mask
  readonly metrics: { readonly contentType: string; text(): Promise<string> }
  /** Connections, users and subscriptions now, in total and by room, as JSON. */
  readonly stats: () => object
  /** The samples of the last quarter of an hour, as JSON. */
  readonly history: () => object
  /** Whether the user with `id` is known, and their number of connections, as JSON. */
  readonly user: (id: string | null) => Promise<object>
  /** `body`: JSON, unchecked. */
  readonly broadcast: (body: unknown, viewer: Viewer, signal: AbortSignal) => Promise<BroadcastAnswer>
}

/** Context variables plus the signed-in viewer. */
interface AdminEnv extends EndpointEnv {
  Variables: EndpointEnv['Variables'] & { viewer: Viewer }
}

const STATUS_OF = { UNAVAILABLE: 503, RATE_LIMITED: 429, FORBIDDEN: 403, BAD_USER_INPUT: 400 } as const

/**
 * `/metrics` is open to everyone who can reach the port. The others require the token of an administrator or a service.
 */
export function createAdminEndpoints(options: AdminOptions, cors: MiddlewareHandler): Hono<AdminEnv> {
  const endpoints = new Hono<AdminEnv>()
  const admin = requireAdmin(options)

  endpoints.onError((fault, c) => {
    const { message, extensions } = options.mask(fault)
    const { code, retryAfterMs } = extensions
    const after =
      typeof retryAfterMs === 'number' ? { 'retry-after': `${Math.ceil(retryAfterMs / 1000)}` } : {}
    return json(c, isKnown(code) ? STATUS_OF[code] : 500, { error: message }, after)
  })
  endpoints.use('/metrics', cors).get(async (c) => {
    const { contentType } = options.metrics
    return text(c, 200, await options.metrics.text(), { 'content-type': contentType, ...SECURITY_HEADERS })
  })
  endpoints.use('/stats', cors).get(admin, (c) => json(c, 200, options.stats()))
  endpoints.use('/stats/history', cors).get(admin, (c) => json(c, 200, options.history()))
  endpoints.use('/stats/user', cors).get(admin, async (c) => {
    const { searchParams } = new URL(c.req.url)
    return json(c, 200, await options.user(searchParams.get('id')))
  })
  endpoints.use('/broadcast', cors).post(admin, jsonBody, async (c) => {
    // Never aborted: the announcement is published even if its author disconnects.
    const { signal } = new AbortController()
    const answer = await options.broadcast(c.get('json'), c.get('viewer'), signal)
    if (answer.kind === 'published') {
      return json(c, 200, { announcementId: answer.announcementId, reached: answer.reached })
    }
    return json(c, 400, { error: answer.reason, field: answer.field })
  })
  return endpoints
}

/**
 * Signs in by the header only, parsed as by `/graphql`, since URLs are visible to people. Hono's `bearerAuth` would
 * answer a malformed header with 400.
 */
function requireAdmin({ signIn }: AdminOptions): MiddlewareHandler<AdminEnv> {
  return async (c, next) => {
    const signedIn = await signIn(tokenFromAuthorization(c.env.incoming.headers.authorization))
    if (signedIn.kind === 'refused') {
      const challenge = { 'www-authenticate': 'Bearer error="invalid_token"' }
      return json(c, 401, { error: signedIn.reason }, challenge)
    }
    if (signedIn.viewer === null) {
      const error = 'Sign in first: `Authorization: Bearer …`.'
      return json(c, 401, { error }, { 'www-authenticate': 'Bearer' })
    }
    if (!isPrivileged(actorOf(signedIn.viewer))) {
      return json(c, 403, { error: 'Only administrators and services may use this endpoint.' })
    }
    c.set('viewer', signedIn.viewer)
    return next()
  }
}

function isKnown(code: unknown): code is keyof typeof STATUS_OF {
  return typeof code === 'string' && code in STATUS_OF
}
