import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import { type Instant, instant } from '../../engine/kernel/instant.ts'
import type { SecretAuthConfig } from '../config/config.ts'
import { type IdentityClaims, ROLES_BY_NAME, readIdentity } from './claims.ts'

/** The user for whom to issue a development token. */
export interface DevClaims {
  readonly sub: string
  readonly name?: string
  /** Lower-case role names. */
  readonly roles?: readonly string[]
}

export interface DevToken {
  readonly token: string
  readonly expiresAt: Instant
}

const LIFETIME_MS = 12 * 60 * 60 * 1000

/** Parses `value` into claims that the verifier accepts unchanged, or returns the reason it cannot. */
export function readDevClaims(
  value: unknown,
):
  | { readonly kind: 'ok'; readonly claims: DevClaims }
  | { readonly kind: 'invalid'; readonly reason: string } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { kind: 'invalid', reason: 'The body must be an object: {"sub", "name"?, "roles"?}.' }
  }
  const { sub, name, roles = [] }: IdentityClaims = value
  const identity = readIdentity({ sub, name, roles })
  if (identity.kind === 'refused') return { kind: 'invalid', reason: identity.reason }
  const names: readonly unknown[] = Array.isArray(roles) ? roles : []
  const known = names.filter((role) => typeof role === 'string').filter((role) => ROLES_BY_NAME.has(role))
  if (known.length < names.length) {
    return { kind: 'invalid', reason: `"roles" may hold ${[...ROLES_BY_NAME.keys()].join(', ')}.` }
  }
  return { kind: 'ok', claims: { sub: identity.user.id, name: identity.user.name, roles: known } }
}

/**
 * Issues a token that this server accepts for `ttlMs`. Its `iat` has milliseconds, so that a token issued right after a
 * revocation is distinguishable from earlier ones.
 */
export async function issueDevToken(
  config: SecretAuthConfig,
  { sub, name, roles }: DevClaims,
  now: Instant,
  ttlMs: number = LIFETIME_MS,
): Promise<DevToken> {
  const expiresAt = now + ttlMs
  const token = await new SignJWT({
    ...(name === undefined ? {} : { name }),
    ...(roles === undefined ? {} : { roles: [...roles] }),
    ...(config.issuer === null ? {} : { iss: config.issuer }),
    ...(config.audience === null ? {} : { aud: config.audience }),
  })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(sub)
    .setJti(randomUUID())
    .setIssuedAt(now / 1000)
    .setExpirationTime(expiresAt / 1000)
    .sign(Buffer.from(config.secret.reveal()))
  return { token, expiresAt: instant(expiresAt) }
}
