/** Which web pages may talk to this server. */
export type AllowedOrigins =
  | { readonly kind: 'any' }
  | { readonly kind: 'same' }
  /** These, as browsers serialise them, and the server's own. */
  | { readonly kind: 'listed'; readonly origins: ReadonlySet<string> }

/** Schemes of web views (`capacitor://localhost`): the URL standard gives them no origin, browsers do. */
const OTHER_ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s]+$/

/** `text` normalised to the form of a browser's Origin header, or undefined if it is not an origin. */
function normalizeOrigin(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  if (url.protocol === 'http:' || url.protocol === 'https:') {
    return url.href === `${url.origin}/` ? url.origin : undefined
  }
  const origin = text.toLowerCase()
  return OTHER_ORIGIN.test(origin) ? origin : undefined
}

/** Parses a comma-separated list of origins, where `*` alone means any; otherwise returns the invalid items. */
export function parseAllowedOrigins(
  list: string,
):
  | { readonly kind: 'ok'; readonly allowed: AllowedOrigins }
  | { readonly kind: 'invalid'; readonly wrong: readonly string[] } {
  const items = list
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
  if (items.length === 1 && items[0] === '*') return { kind: 'ok', allowed: { kind: 'any' } }
  const origins = new Set<string>()
  const wrong: string[] = []
  for (const item of items) {
    const origin = normalizeOrigin(item)
    if (origin === undefined) wrong.push(item)
    else origins.add(origin)
  }
  if (wrong.length > 0 || origins.size === 0) return { kind: 'invalid', wrong }
  return { kind: 'ok', allowed: { kind: 'listed', origins } }
}
