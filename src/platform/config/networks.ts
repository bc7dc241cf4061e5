import { isIP } from 'node:net'

/** An address or a network in CIDR notation: `10.0.0.0/8` is `{ address: '10.0.0.0', prefix: 8 }`. */
export interface Network {
  readonly address: string
  readonly prefix: number
}

export type ParsedNetworks =
  | { readonly kind: 'ok'; readonly networks: readonly Network[] }
  | { readonly kind: 'invalid'; readonly wrong: readonly string[] }

/** Parses a comma-separated list. Empty items are skipped. */
export function parseNetworks(list: string): ParsedNetworks {
  const items = list
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
  const networks = items.map(networkOf)
  const wrong = items.filter((_item, index) => networks[index] === undefined)
  if (wrong.length > 0) return { kind: 'invalid', wrong }
  return { kind: 'ok', networks: networks.filter((network) => network !== undefined) }
}

function networkOf(item: string): Network | undefined {
  const [address = '', length, ...rest] = item.split('/')
  const family = isIP(address)
  if (family === 0 || address.includes('%') || rest.length > 0) return undefined
  const bits = family === 4 ? 32 : 128
  if (length === undefined) return { address, prefix: bits }
  return /^\d{1,3}$/u.test(length) && Number(length) <= bits ? { address, prefix: Number(length) } : undefined
}
