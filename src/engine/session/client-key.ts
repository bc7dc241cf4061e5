import type { Viewer } from '../../platform/auth/viewer.ts'

/** The key that limits count by: `user:ID` for signed-in users, `address:IP` for visitors. */
export type ClientKey = `user:${string}` | `address:${string}`

/** `address`: the client's IP address. */
export function clientKeyOf(viewer: Viewer | null, address: string): ClientKey {
  return viewer === null ? `address:${address}` : `user:${viewer.user.id}`
}
