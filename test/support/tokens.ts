import { SignJWT } from 'jose'
import { TEST_SECRET } from './node.ts'

export interface TokenOptions {
  readonly lifetimeMs?: number
  readonly secret?: string
  /** Claims in addition to `sub`, `iat` and `exp`, which they override. */
  readonly claims?: Readonly<Record<string, unknown>>
}

const HOUR_MS = 3_600_000

/** A token like those of a custom issuer. Its times have milliseconds. */
export function signToken(
  sub: string,
  { lifetimeMs = HOUR_MS, secret = TEST_SECRET, claims = {} }: TokenOptions = {},
): Promise<string> {
  const now = Date.now()
  return new SignJWT({ sub, iat: now / 1000, exp: (now + lifetimeMs) / 1000, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(Buffer.from(secret))
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}

/** An unsecured token (RFC 7519, section 6), without a signature. */
export function unsignedToken(sub: string): string {
  return `${encode({ alg: 'none' })}.${encode({ sub, exp: (Date.now() + HOUR_MS) / 1000 })}.`
}
