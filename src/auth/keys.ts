import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose'
import type { AuthConfig } from '../config/config.ts'

/** The published keys could not be fetched or read: nothing is known about the token. A fault, not a refusal. */
export class JwksUnavailable extends Error {
  override readonly name = 'JwksUnavailable'

  constructor(cause: unknown) {
    super('The key set of JWKS_URL could not be had', { cause })
  }
}

/** How long fetched keys are trusted, and how long what was verified with them: a withdrawal is noticed within both. */
export const KEYS_MAX_AGE_MS = 10 * 60 * 1000
/** How often a token that names an unknown key may cause another fetch: how late a new key can be noticed. */
const REFETCH_PAUSE_MS = 5000
const FETCH_TIMEOUT_MS = 5000

interface Keys {
  readonly algorithms: readonly string[]
  /** Throws JwksUnavailable on a fault, and jose's errors where the token names no key of ours. */
  readonly findKey: JWTVerifyGetKey
}

function importSecret(secret: string): Promise<CryptoKey> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  return crypto.subtle.importKey('raw', Buffer.from(secret), algorithm, false, ['verify'])
}

function isRefusal(error: unknown): boolean {
  return error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys
}

/**
 * The keys and the algorithms that go with them. One kind of key, one family of algorithms: else a token
 * could be signed by HS256 with the published key as its secret.
 */
export function createKeys(config: AuthConfig): Keys {
  if (config.kind === 'secret') {
    // Imported once: jose would do so for each token.
    const secret = importSecret(config.secret.reveal())
    return { algorithms: ['HS256'], findKey: () => secret }
  }
  const fetched = createRemoteJWKSet(config.url, {
    timeoutDuration: FETCH_TIMEOUT_MS,
    cooldownDuration: REFETCH_PAUSE_MS,
    cacheMaxAge: KEYS_MAX_AGE_MS,
  })
  return {
    algorithms: ['RS256', 'ES256', 'EdDSA'],
    async findKey(header, token) {
      try {
        return await fetched(header, token)
      } catch (error) {
        throw isRefusal(error) ? error : new JwksUnavailable(error)
      }
    },
  }
}
