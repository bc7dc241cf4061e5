import type { Announcement } from '../domain/announcement/announcement.ts'
import { type AnnouncementRecord, readAnnouncements } from '../log/read/announcements.ts'
import { callerOf } from './caller.ts'
import type { CallContext } from './context.ts'
import { type Connection, connectionOf, type ForwardArgs, sliceOf } from './paging.ts'

/** Those in force that are meant for the caller, newest first. */
export async function announcements(
  args: ForwardArgs,
  { services, viewer }: CallContext,
): Promise<Connection<Announcement>> {
  const slice = sliceOf('announcements', args)
  const records = await readAnnouncements(services.database, callerOf(viewer), slice)
  const keyOf = ({ rank }: AnnouncementRecord) => ({ rank, id: '' })
  return connectionOf('announcements', slice, records, keyOf, ({ announcement }) => announcement)
}
