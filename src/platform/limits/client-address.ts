import { BlockList, isIP } from 'node:net'

/** The parts of an HTTP request that identify its origin. */
interface Origin {
  readonly socket: { readonly remoteAddress?: string | undefined }
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** The client's address as limits and logs use it: an IPv4 address, or the /64 network of an IPv6 address. */
export type ClientAddress = (request: Origin) => string

/**
 * `X-Forwarded-For` is read only if the peer is a trusted proxy. Proxies append the address of their peer, so the
 * rightmost entry that is not a trusted proxy is the client; everything to its left is claimed by the client.
 */
export function createClientAddress(
  trustedProxies: readonly { readonly address: string; readonly prefix: number }[],
): ClientAddress {
  const trusted = new BlockList()
  for (const { address, prefix } of trustedProxies) trusted.addSubnet(address, prefix, familyOf(address))

  const isTrusted = (address: string): boolean => trusted.check(address, familyOf(address))

  return ({ socket, headers }) => {
    let client = plainAddress(socket.remoteAddress ?? '')
    if (client === undefined) return ''
    if (trustedProxies.length > 0 && isTrusted(client)) {
      for (const entry of entriesOf(headers['x-forwarded-for']).reverse()) {
        const address = plainAddress(entry)
        // Not an address: the trusted proxy to its right is the best known client.
        if (address === undefined) break
        client = address
        if (!isTrusted(address)) break
      }
    }
    return isIP(client) === 6 ? networkOf(client) : client
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}

function entriesOf(header: string | string[] | undefined): string[] {
  return String(header ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}

const IPV4_WITH_PORT = /^(\d+\.\d+\.\d+\.\d+):\d+$/
const BRACKETED = /^\[([^\]]+)\](?::\d+)?$/

/** `text` without port, brackets, zone and IPv4-mapped prefix; undefined if it is not an address. */
function plainAddress(text: string): string | undefined {
  const bare = IPV4_WITH_PORT.exec(text)?.[1] ?? BRACKETED.exec(text)?.[1] ?? text
  const address = bare.split('%')[0] ?? ''
  const family = isIP(address)
  if (family === 0) return undefined
  return family === 4 ? address : (mappedIPv4(address) ?? address)
}

/** RFC 4291 §2.5.5.2: `::ffff:192.0.2.1` is the IPv4 address 192.0.2.1. */
function mappedIPv4(address: string): string | undefined {
  const groups = groupsOf(address)
  if (groups.slice(0, 5).some((group) => group !== 0) || groups[5] !== 0xffff) return undefined
  return groups
    .slice(6)
    .flatMap((group) => [group >> 8, group & 0xff])
    .join('.')
}

/** Providers assign a whole /64 to each subscriber (RFC 6177), so a limit on single addresses would bound nobody. */
function networkOf(address: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = groupsOf(address)
  return `${[a, b, c, d].map((group) => group.toString(16)).join(':')}::/64`
}

/** The eight 16-bit groups of a valid IPv6 address. */
function groupsOf(address: string): readonly number[] {
  // The URL parser writes a trailing IPv4 part as two groups.
  const text = new URL(`http://[${address}]`).hostname.slice(1, -1)
  const [head = '', tail] = text.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16))
}
