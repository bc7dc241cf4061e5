import type { AllowedOrigins } from '../../config/allowed-origins.ts'

export interface OriginPolicy {
  /**
   * Whether a page of `origin` may talk to this server, which it reached as `host` (both as the request's
   * headers have them). Without an Origin header the caller is no browser, and is allowed.
   */
  readonly isAllowed: (origin: string | undefined, host: string | undefined) => boolean
  /** The CORS headers of an answer to `origin`, a preflight's included; none where it is not allowed. */
  readonly corsHeaders: (origin: string | undefined) => Readonly<Record<string, string>>
}

/** Two hours: more is cut off by browsers. */
const PREFLIGHT_MAX_AGE_S = '7200'

/** Whether `origin` and `host` name the same host and port; the port may be left out where it is the scheme's own. */
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

export function createOriginPolicy(allowed: AllowedOrigins): OriginPolicy {
  return {
    isAllowed: (origin, host) =>
      origin === undefined || isListed(allowed, origin) || isSameOrigin(origin, host),

    corsHeaders(origin) {
      // The answer differs by origin also where this one gets nothing: caches must know.
      const vary = { vary: 'Origin' }
      if (origin === undefined || !isListed(allowed, origin)) return allowed.kind === 'listed' ? vary : {}
      return {
        ...(allowed.kind === 'any'
          ? { 'access-control-allow-origin': '*' }
          : { 'access-control-allow-origin': origin, ...vary }),
        'access-control-allow-methods': 'GET, HEAD, POST, OPTIONS',
        // The Fetch standard lets `*` stand for every header but Authorization.
        'access-control-allow-headers': 'authorization, *',
        'access-control-expose-headers': '*',
        'access-control-max-age': PREFLIGHT_MAX_AGE_S,
      }
    },
  }
}
