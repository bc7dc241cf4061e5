export const REDACTED = '[redacted]'

/** Anything that looks like a JSON Web Token, whole or truncated, signed or encrypted: its header begins with `{"`. */
const JSON_WEB_TOKEN = /\beyJ[\w-]*(?:\.[\w-]*){1,4}/g
const BEARER = /(\bBearer\s+)[\w.~+/=-]+/gi
/** `token=…` in a URL, `access_token=…` and the like. */
const ASSIGNED_TOKEN = /(token=)[^&#\s"'\\]*/gi
/** `"token": "…"` inside a string: in JSON at any escaping depth, or in a GraphQL document. */
const QUOTED_TOKEN = /(token\\*["']?\s*:\s*\\*["'])[^\s"'\\]*/gi
/** An e-mail address, but not the host after a redacted password. */
const EMAIL = /\b[\w.+-]+@(?:[\w-]+\.)+[a-z]{2,}\b/gi
const PASSWORD = /(:\/\/[^\s/?#"'\\:@]*:)[^\s/?#"'\\]*(?=@)/g

/**
 * Removes tokens, e-mail addresses and passwords in URLs from `text`. JSON stays JSON: nothing outside a string is
 * changed.
 */
export function redactText(text: string): string {
  return text
    .replace(JSON_WEB_TOKEN, REDACTED)
    .replace(BEARER, `$1${REDACTED}`)
    .replace(ASSIGNED_TOKEN, `$1${REDACTED}`)
    .replace(QUOTED_TOKEN, `$1${REDACTED}`)
    .replace(PASSWORD, `$1${REDACTED}`)
    .replace(EMAIL, REDACTED)
}

/** Makes a URL, absolute or in origin form, safe to log: `token` and a password are masked. */
export function redactUrl(url: string | URL): string {
  return redactText(typeof url === 'string' ? url : url.href)
}

const SECRET_KEYS = [
  'authorization',
  'Authorization',
  'proxy-authorization',
  'cookie',
  'Cookie',
  'set-cookie',
  'token',
  'accessToken',
  'connectionParams',
  'password',
  'secret',
]

const MAX_DEPTH = 5

/** Paths of values that are secret by name, at every depth logged here: `a.headers["set-cookie"]`. */
export const SECRET_PATHS: readonly string[] = SECRET_KEYS.flatMap((key) =>
  Array.from({ length: MAX_DEPTH }, (_, depth) =>
    depth === 0 ? `["${key}"]` : `${Array(depth).fill('*').join('.')}["${key}"]`,
  ),
)
