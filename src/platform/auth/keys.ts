import { createLocalJWKSet, createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose'
import type { AuthConfig } from '../config/config.ts'
import { createKeySetFetch } from './key-set-fetch.ts'

/** The published keys could not be fetched or read, so the token cannot be judged. A fault, not a rejection. */
export class JwksUnavailable extends Error {
  override readonly name = 'JwksUnavailable'

  constructor(cause: unknown) {
    super('The key set at JWKS_URL could not be loaded', { cause })
  }
}

/**
 * How long fetched keys, and tokens verified with them, are trusted: a withdrawn key is noticed within the sum of both.
 */
export const KEYS_MAX_AGE_MS = 10 * 60 * 1000
/** Minimum interval between fetches caused by unknown keys: the longest delay until a new key is noticed. */
const REFETCH_PAUSE_MS = 5000
const FETCH_TIMEOUT_MS = 5000
/** How long known keys are trusted while the provider is unreachable, so that sign-in survives its outage. */
const KEYS_MAX_AGE_IN_OUTAGE_MS = 60 * 60 * 1000

interface Keys {
  readonly algorithms: readonly string[]
  /** Throws JwksUnavailable on a fault, and jose's errors if the token names an unknown key. */
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
 * The keys and their algorithms. Each kind of key allows one family of algorithms only; otherwise a token could be
 * signed by HS256 with the published key as its secret.
 */
export function createKeys(config: AuthConfig): Keys {
  if (config.kind === 'secret') {
    // Imported once: jose would import it for each token.
    const secret = importSecret(config.secret.reveal())
    return { algorithms: ['HS256'], findKey: () => secret }
  }
  const fetchKeySet = createKeySetFetch()
  let fetchedAt = Number.NEGATIVE_INFINITY
  const fetched = createRemoteJWKSet(config.url, {
    timeoutDuration: FETCH_TIMEOUT_MS,
    cooldownDuration: REFETCH_PAUSE_MS,
    cacheMaxAge: KEYS_MAX_AGE_MS,
    [customFetch]: async (url, options) => {
      const response = await fetchKeySet(url, options)
      fetchedAt = Date.now()
      return response
    },
  })
  return {
    algorithms: ['RS256', 'ES256', 'EdDSA'],
    async findKey(header, token) {
      try {
        return await fetched(header, token)
      } catch (error) {
        if (isRefusal(error)) throw error
        const known = fetched.jwks()
        if (known === undefined || Date.now() > fetchedAt + KEYS_MAX_AGE_IN_OUTAGE_MS)
          throw new JwksUnavailable(error)
        return createLocalJWKSet(known)(header, token).catch(() => {
          throw new JwksUnavailable(error)
        })
      }
    },
  }
}
