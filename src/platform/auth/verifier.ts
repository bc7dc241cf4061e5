import { createHash } from 'node:crypto'
import { errors, type JWTPayload, jwtVerify } from 'jose'
import { LRUCache } from 'lru-cache'
import { FAR_FUTURE, type Instant, instant, later } from '../../engine/kernel/instant.ts'
import type { AuthConfig } from '../config/config.ts'
import { readIdentity } from './claims.ts'
import { createKeys, KEYS_MAX_AGE_MS } from './keys.ts'
import type { Viewer } from './viewer.ts'

export type Verified =
  | { readonly kind: 'valid'; readonly viewer: Viewer }
  /** `reason` is for the caller, a whole sentence in English that holds nothing of the token but names of claims. */
  | { readonly kind: 'refused'; readonly reason: string }

export interface TokenVerifier {
  /**
   * Whom a token names now. `exp` is exact: from its first millisecond on, the token is refused. Whether
   * the user was revoked is not asked here. Throws only faults: JwksUnavailable where the keys can't be had.
   */
  readonly verify: (token: string) => Promise<Verified>
}

const MAX_TOKEN_LENGTH = 8192
/** How far the issuer's clock may be ahead of ours, for `nbf` and `iat`. */
const CLOCK_TOLERANCE_MS = 5000
const MAX_REMEMBERED = 50_000

interface Remembered {
  readonly viewer: Viewer
  /** Verified again after this: a key may have been withdrawn meanwhile. */
  readonly until: Instant
}

function refuse(reason: string): Verified {
  return { kind: 'refused', reason }
}

/** A NumericDate (RFC 7519, section 2: seconds, fractions allowed), or undefined where it is none. */
function readDate(claim: unknown): Instant | undefined {
  if (typeof claim !== 'number' || !Number.isFinite(claim) || claim < 0) return undefined
  // Rounded, since 1.001 * 1000 is a hair less than 1001.
  return instant(Math.min(Math.round(claim * 1000), FAR_FUTURE))
}

function readViewer(payload: JWTPayload, now: Instant): Verified {
  const expiresAt = readDate(payload.exp)
  if (expiresAt === undefined) return refuse('"exp" is missing or not a date.')
  if (expiresAt <= now) return refuse('The token has expired.')
  const earliest = later(now, CLOCK_TOLERANCE_MS)
  const notBefore = payload.nbf === undefined ? null : readDate(payload.nbf)
  if (notBefore === undefined) return refuse('"nbf" is not a date.')
  if (notBefore !== null && notBefore > earliest) return refuse('The token is not valid yet ("nbf").')
  const issuedAt = payload.iat === undefined ? null : readDate(payload.iat)
  if (issuedAt === undefined) return refuse('"iat" is not a date.')
  if (issuedAt !== null && issuedAt > earliest) return refuse('The token was issued in the future ("iat").')
  const identity = readIdentity(payload)
  if (identity.kind === 'refused') return identity
  return {
    kind: 'valid',
    viewer: { user: identity.user, roles: identity.roles, expiresAt, issuedAt },
  }
}

/** What a caller may read of a refusal by jose; its own words name claims and headers, never their values. */
function describe(error: errors.JOSEError): string {
  if (error instanceof errors.JWTClaimValidationFailed)
    return `"${error.claim}" is missing or not as expected.`
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'The signature is wrong.'
  if (error instanceof errors.JOSEAlgNotAllowed) return 'The algorithm is not allowed here.'
  if (error instanceof errors.JWKSNoMatchingKey) return 'The token was signed with an unknown key.'
  if (error instanceof errors.JWKSMultipleMatchingKeys) return 'The token must name its key ("kid").'
  return 'This is no token that can be read.'
}

export function createTokenVerifier(config: AuthConfig, now: () => Instant): TokenVerifier {
  const { algorithms, findKey } = createKeys(config)
  const remembered = new LRUCache<string, Remembered>({ max: MAX_REMEMBERED })

  const options = {
    algorithms: [...algorithms],
    ...(config.issuer === null ? {} : { issuer: config.issuer }),
    ...(config.audience === null ? {} : { audience: config.audience }),
    // jose has one tolerance for all times and whole seconds for a clock. It checks everything else; the
    // times are checked here.
    clockTolerance: Number.MAX_SAFE_INTEGER,
  }

  async function verifyAfresh(token: string): Promise<Verified> {
    try {
      const { payload } = await jwtVerify(token, findKey, options)
      return readViewer(payload, now())
    } catch (error) {
      if (error instanceof errors.JOSEError) return refuse(describe(error))
      throw error
    }
  }

  async function verify(token: string): Promise<Verified> {
    if (token.length > MAX_TOKEN_LENGTH) return refuse(`The token is longer than ${MAX_TOKEN_LENGTH} bytes.`)
    // By digest: the memory holds no token that could be stolen from it.
    const digest = createHash('sha256').update(token).digest('base64')
    const known = remembered.get(digest)
    if (known !== undefined && now() < known.until) return { kind: 'valid', viewer: known.viewer }
    remembered.delete(digest)
    const verified = await verifyAfresh(token)
    if (verified.kind === 'valid') {
      const { viewer } = verified
      const until = instant(Math.min(viewer.expiresAt, now() + KEYS_MAX_AGE_MS))
      remembered.set(digest, { viewer, until })
    }
    return verified
  }

  return { verify }
}
