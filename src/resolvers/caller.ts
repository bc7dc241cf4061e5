import type { Caller } from '../features/rooms/rules/access.ts'
import { actorOf, type Viewer } from '../platform/auth/viewer.ts'

/** A reader as the domain names one; null for a visitor. */
export function callerOf(viewer: Viewer | null): Caller {
  return viewer === null ? null : actorOf(viewer)
}
