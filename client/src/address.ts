const PARTS = /^([a-z]+):\/\/([^/?#]*)([^?#]*)(\?[^#]*)?/i

/**
 * Where the server is, from what people write: `https://rostrum.example`, `wss://rostrum.example/graphql`, a page's own
 * `/graphql`. By hand, since the URL of React Native can neither change a protocol nor read one.
 */
export function addressOf(given: string, scheme: 'http' | 'ws'): string {
  const absolute = PARTS.test(given) ? given : new URL(given, globalThis.location?.href).href
  const [, protocol = '', host = '', path = '', query = ''] = PARTS.exec(absolute) ?? []
  const isSecure = /^(https|wss)$/i.test(protocol)
  return `${scheme}${isSecure ? 's' : ''}://${host}${path === '' || path === '/' ? '/graphql' : path}${query}`
}
