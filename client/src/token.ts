import { textOfBase64 } from './base64.ts'
import { pause } from './pause.ts'

/**
 * A JSON Web Token, null for a visitor, or a function that gets one: it is asked before each connection and before the
 * token expires, and asked again, later and later, while it throws.
 */
export type TokenSource = string | null | (() => string | null | Promise<string | null>)

/** What the kit reads of a token. Nothing of it is checked. */
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

/** When `token` expires, in milliseconds since the epoch; undefined where it doesn't say. */
export function expiryOf(token: string): number | undefined {
  const { exp } = claimsOf(token)
  return typeof exp === 'number' ? exp * 1000 : undefined
}

/** Whose `token` is, by id; undefined where it doesn't say. */
export function subjectOf(token: string): string | undefined {
  const { sub } = claimsOf(token)
  return typeof sub === 'string' ? sub : undefined
}

export interface PatientSource {
  /** Whether another token may come than the one before. */
  readonly isRenewable: boolean
  /** Asks until there is an answer, or `signal` says that it is over: then null. Never rejects. */
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
