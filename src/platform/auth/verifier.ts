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
  /** `reason` is shown to the caller: a full English sentence that contains nothing of the token but claim names. */
  | { readonly kind: 'refused'; readonly reason: string }

export interface TokenVerifier {
  /**
   * Verifies a token and returns its user. `exp` is exact: the token is refused from that millisecond on. Revocation is
   * not checked here. Throws only faults: JwksUnavailable if the keys cannot be loaded.
   */
  readonly verify: (token: string) => Promise<Verified>
}

const MAX_TOKEN_LENGTH = 8192
/** How far ahead the issuer's clock may be, for `nbf` and `iat`. */
const CLOCK_TOLERANCE_MS = 5000
const MAX_REMEMBERED = 50_000

interface Remembered {
  readonly viewer: Viewer
  /** Verified again after this time, since a key may have been withdrawn meanwhile. */
  readonly until: Instant
}

function refuse(reason: string): Verified {
  return { kind: 'refused', reason }
}

/** A NumericDate (RFC 7519, section 2: seconds, fractions allowed) in ms, or undefined if it is not one. */
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

/** The part of jose's error that the caller may read; its messages name claims and headers, never their values. */
function describe(error: errors.JOSEError): string {
  if (error instanceof errors.JWTClaimValidationFailed)
    return `"${error.claim}" is missing or has an unexpected value.`
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'The signature is wrong.'
  if (error instanceof errors.JOSEAlgNotAllowed) return 'The algorithm is not allowed.'
  if (error instanceof errors.JWKSNoMatchingKey) return 'The token was signed with an unknown key.'
  if (error instanceof errors.JWKSMultipleMatchingKeys) return 'The token must name its key ("kid").'
  return 'The token cannot be parsed.'
}

export function createTokenVerifier(config: AuthConfig, now: () => Instant): TokenVerifier {
  const { algorithms, findKey } = createKeys(config)
  const remembered = new LRUCache<string, Remembered>({ max: MAX_REMEMBERED })

  const options = {
    algorithms: [...algorithms],
    ...(config.issuer === null ? {} : { issuer: config.issuer }),
    ...(config.audience === null ? {} : { audience: config.audience }),
    // jose has one tolerance for all times and a clock in whole seconds, so the times are checked here and everything
    // else there.
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
    // By digest: no token can be stolen from memory.
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
