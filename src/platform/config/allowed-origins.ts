/** Which web pages may talk to this server. */
export type AllowedOrigins =
  | { readonly kind: 'any' }
  | { readonly kind: 'same' }
  /** These, as browsers write them, and the server's own. */
  | { readonly kind: 'listed'; readonly origins: ReadonlySet<string> }

/** Schemes of apps in a shell (`capacitor://localhost`): the URL standard has no origin for them, browsers do. */
const OTHER_ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s]+$/

/** `text` as a browser's Origin header writes it, or undefined where it is no origin. */
function normalizeOrigin(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  if (url.protocol === 'http:' || url.protocol === 'https:') {
    return url.href === `${url.origin}/` ? url.origin : undefined
  }
  const origin = text.toLowerCase()
  return OTHER_ORIGIN.test(origin) ? origin : undefined
}

/** The origins in a comma-separated list, where `*` alone means any, or the items that are none. */
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
