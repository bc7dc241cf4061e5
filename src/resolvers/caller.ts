import { actorOf, type Viewer } from '../auth/viewer.ts'
import type { Caller } from '../domain/room/access.ts'

/** A reader as the domain names one; null for a visitor. */
export function callerOf(viewer: Viewer | null): Caller {
  return viewer === null ? null : actorOf(viewer)
}
