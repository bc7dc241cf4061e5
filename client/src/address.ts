const PARTS = /^([a-z]+):\/\/([^/?#]*)([^?#]*)(\?[^#]*)?/i

/**
 * The server's address from common spellings: `https://rostrum.example`, `wss://rostrum.example/graphql`, or the page's own
 * `/graphql`. Parsed by hand: `URL` in React Native can neither read nor change the protocol.
 */
export function addressOf(given: string, scheme: 'http' | 'ws'): string {
  const absolute = PARTS.test(given) ? given : new URL(given, globalThis.location?.href).href
  const [, protocol = '', host = '', path = '', query = ''] = PARTS.exec(absolute) ?? []
  const isSecure = /^(https|wss)$/i.test(protocol)
  return `${scheme}${isSecure ? 's' : ''}://${host}${path === '' || path === '/' ? '/graphql' : path}${query}`
}
