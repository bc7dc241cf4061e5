import { textOfBase64 } from './base64.ts'
import { pause } from './pause.ts'

/**
 * A JSON Web Token, null for an anonymous visitor, or a function that returns one. The function is called before each connection
 * and before the token expires, and retried with backoff while it throws.
 */
export type TokenSource = string | null | (() => string | null | Promise<string | null>)

/** The claims that the kit reads, without verifying them. */
interface Claims {
  readonly exp?: unknown
  readonly sub?: unknown
}

function claimsOf(token: string): Claims {
  const [, claims] = token.split('.')
  if (claims === undefined) return {}
  try {
    const read: unknown = JSON.parse(textOfBase64(claims))
    return typeof read === 'object' && read !== null ? read : {}
  } catch {
    return {}
  }
}

/** When `token` expires, in milliseconds since the epoch; undefined without an `exp` claim. */
export function expiryOf(token: string): number | undefined {
  const { exp } = claimsOf(token)
  return typeof exp === 'number' ? exp * 1000 : undefined
}

/** The user id in `token`; undefined without a `sub` claim. */
export function subjectOf(token: string): string | undefined {
  const { sub } = claimsOf(token)
  return typeof sub === 'string' ? sub : undefined
}

export interface PatientSource {
  /** Whether asking again may return another token. */
  readonly isRenewable: boolean
  /** Retries until the source answers; null once `signal` aborts. Never rejects. */
  ask(): Promise<string | null>
}

export function createPatientSource(
  source: TokenSource,
  backoff: (attempt: number) => number,
  signal: AbortSignal,
): PatientSource {
  return {
    isRenewable: typeof source === 'function',
    async ask() {
      for (let attempt = 0; !signal.aborted; attempt += 1) {
        try {
          return typeof source === 'function' ? await source() : source
        } catch {
          await pause(backoff(attempt), signal)
        }
      }
      return null
    },
  }
}
