/**
 * The credential a caller presented. `none` is a visitor. `malformed` is rejected like a bad token: a caller whose
 * sign-in failed must not silently continue as a visitor.
 */
export type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'malformed' }

interface ConnectionParams {
  readonly authorization?: unknown
  readonly Authorization?: unknown
  readonly token?: unknown
}

const NONE: Credential = { kind: 'none' }
const MALFORMED: Credential = { kind: 'malformed' }
/** RFC 6750, section 2.1: the scheme in any case, then a b64token. */
const BEARER = /^bearer +([\w.~+/-]+=*)$/i
const TOKEN = /^[\w.~+/-]+=*$/

/**
 * The token of an `Authorization: Bearer …` header. An empty header counts as none: the usual snippet for GraphQL
 * clients sends one before sign-in. Any other scheme is malformed.
 */
export function tokenFromAuthorization(header: string | undefined): Credential {
  const text = header?.trim() ?? ''
  if (text === '') return NONE
  const token = BEARER.exec(text)?.[1]
  return token === undefined ? MALFORMED : { kind: 'token', token }
}

function fromBareToken(value: unknown): Credential {
  if (value === undefined || value === null) return NONE
  return typeof value === 'string' && TOKEN.test(value) ? { kind: 'token', token: value } : MALFORMED
}

function fromAuthorizationValue(value: unknown): Credential {
  if (value === undefined || value === null) return NONE
  return typeof value === 'string' ? tokenFromAuthorization(value) : MALFORMED
}

/** Merges several credentials into one; two different tokens are malformed. */
function merge(a: Credential, b: Credential): Credential {
  if (a.kind === 'none') return b
  if (b.kind === 'none') return a
  return a.kind === 'token' && b.kind === 'token' && a.token === b.token ? a : MALFORMED
}

/** The token of a `connection_init` or `ping` payload: `{ authorization: "Bearer …" }` or `{ token: "…" }`. */
export function tokenFromConnectionParams(params: unknown): Credential {
  if (params === undefined || params === null) return NONE
  if (typeof params !== 'object' || Array.isArray(params)) return MALFORMED
  const { authorization, Authorization, token }: ConnectionParams = params
  return [
    fromAuthorizationValue(authorization),
    fromAuthorizationValue(Authorization),
    fromBareToken(token),
  ].reduce(merge)
}

/** The `?token=…` parameter of a URL, absolute or in origin form (as in a request line). An empty one is malformed. */
export function tokenFromUrl(url: string): Credential {
  const query = url.indexOf('?')
  if (query < 0) return NONE
  const [text] = url.slice(query + 1).split('#')
  return new URLSearchParams(text).getAll('token').map(fromBareToken).reduce(merge, NONE)
}
