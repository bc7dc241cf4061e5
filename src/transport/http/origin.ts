import type { AllowedOrigins } from '../../platform/config/allowed-origins.ts'

export interface OriginPolicy {
  /**
   * Whether a page of `origin` may use this server, which it reached as `host` (both as in the request's headers).
   * Without an Origin header the caller is not a browser, and is allowed.
   */
  readonly isAllowed: (origin: string | undefined, host: string | undefined) => boolean
  /** The CORS headers of a response to `origin`, preflights included; none if it is not allowed. */
  readonly corsHeaders: (origin: string | undefined) => Readonly<Record<string, string>>
}

/** Two hours: browsers cap it there. */
const PREFLIGHT_MAX_AGE_S = '7200'

/** Whether `origin` and `host` name the same host and port; the scheme's default port may be omitted. */
function isSameOrigin(origin: string, host: string | undefined): boolean {
  if (host === undefined) return false
  const page = URL.parse(origin)
  if (page === null || page.host === '') return false
  return URL.parse(`${page.protocol}//${host}`)?.host === page.host
}

function isListed(allowed: AllowedOrigins, origin: string): boolean {
  switch (allowed.kind) {
    case 'any':
      return true
    case 'same':
      return false
    case 'listed':
      return allowed.origins.has(origin.toLowerCase())
  }
}

/** Loopback names and IP addresses: no DNS response can redirect them to another host. */
const LOOPBACK = /^(?:localhost|[\w.-]+\.localhost|127(?:\.\d+){3}|\[::1\])$/
const ADDRESS = /^(?:\d+(?:\.\d+){3}|\[[\da-f:.]+\])$/

function isLoopbackOrigin(origin: string): boolean {
  const page = URL.parse(origin)
  return page !== null && /^https?:$/.test(page.protocol) && LOOPBACK.test(page.hostname)
}

function hasAddress(origin: string): boolean {
  return ADDRESS.test(URL.parse(origin)?.hostname ?? '')
}

/**
 * For endpoints that grant rights, in development: allows pages of this machine, and origins listed in ALLOWED_ORIGINS.
 * `any` lists none. A same-origin page is allowed only under an IP address: an attacker's host name can be made to
 * resolve to this machine (DNS rebinding), and is then the same origin.
 */
export function createLocalOriginPolicy(allowed: AllowedOrigins): OriginPolicy {
  const isNamed = (origin: string) => allowed.kind === 'listed' && isListed(allowed, origin)
  return {
    isAllowed: (origin, host) =>
      origin === undefined ||
      isNamed(origin) ||
      isLoopbackOrigin(origin) ||
      (hasAddress(origin) && isSameOrigin(origin, host)),
    corsHeaders(origin) {
      const isReader = origin !== undefined && (isNamed(origin) || isLoopbackOrigin(origin))
      return isReader ? corsFor(origin, { vary: 'Origin' }) : { vary: 'Origin' }
    },
  }
}

function corsFor(origin: string, more: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return {
    'access-control-allow-origin': origin,
    ...more,
    'access-control-allow-methods': 'GET, HEAD, POST, OPTIONS',
    // In the Fetch standard `*` covers every header but Authorization.
    'access-control-allow-headers': 'authorization, *',
    'access-control-expose-headers': '*',
    'access-control-max-age': PREFLIGHT_MAX_AGE_S,
  }
}

export function createOriginPolicy(allowed: AllowedOrigins): OriginPolicy {
  return {
    isAllowed: (origin, host) =>
      origin === undefined || isListed(allowed, origin) || isSameOrigin(origin, host),

    corsHeaders(origin) {
      // The response varies by origin even if this origin gets no headers: caches must know.
      const vary = { vary: 'Origin' }
      if (origin === undefined || !isListed(allowed, origin)) return allowed.kind === 'listed' ? vary : {}
      return allowed.kind === 'any' ? corsFor('*', {}) : corsFor(origin, vary)
    },
  }
}
