import { type AnnouncementRecord, readAnnouncements } from '../features/announcements/reads/announcements.ts'
import type { Announcement } from '../features/announcements/rules/announcement.ts'
import { callerOf } from '../platform/auth/viewer.ts'
import type { CallContext } from './context.ts'
import { type Connection, connectionOf, type ForwardArgs, sliceOf } from './paging.ts'
import { readFor } from './read-for.ts'

/** Those in force that are meant for the caller, newest first. */
export async function announcements(
  args: ForwardArgs,
  context: CallContext,
): Promise<Connection<Announcement>> {
  const slice = sliceOf('announcements', args)
  const caller = callerOf(context.viewer)
  const records = await readFor(context, (database) => readAnnouncements(database, caller, slice))
  const keyOf = ({ rank }: AnnouncementRecord) => ({ rank, id: '' })
  return connectionOf('announcements', slice, records, keyOf, ({ announcement }) => announcement)
}
