import type { Viewer } from '../../platform/auth/viewer.ts'

/** What limits are counted by: `user:ID` for the signed-in, `address:IP` for visitors. */
export type ClientKey = `user:${string}` | `address:${string}`

/** `address`: of the client's end of the connection. */
export function clientKeyOf(viewer: Viewer | null, address: string): ClientKey {
  return viewer === null ? `address:${address}` : `user:${viewer.user.id}`
}
