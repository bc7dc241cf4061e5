/** Where the server is: what people write, `https://rostrum.example`, `wss://rostrum.example/graphql`, a page's own `/graphql`. */
export function addressOf(given: string, scheme: 'http' | 'ws'): URL {
  const address = new URL(given, globalThis.location?.href)
  const isSecure = address.protocol === 'https:' || address.protocol === 'wss:'
  address.protocol = isSecure ? `${scheme}s:` : `${scheme}:`
  if (address.pathname === '/') address.pathname = '/graphql'
  return address
}
