import { announcementIds, asAnnouncementId } from '../features/announcements/ids.ts'
import {
  type AnnouncementRecord,
  readAnnouncement,
  readAnnouncements,
} from '../features/announcements/reads/announcements.ts'
import type { Announcement } from '../features/announcements/rules/announcement.ts'
import { callerOf } from '../platform/auth/viewer.ts'
import type { CallContext } from './context.ts'
import type { NodeLoader } from './node.ts'
import { type Connection, connectionOf, defineList, type ForwardArgs, sliceOf } from './paging.ts'
import { readFor } from './read-for.ts'

const ANNOUNCEMENTS = defineList<AnnouncementRecord>('announcements', ({ rank }) => ({ rank, id: '' }))

/** The announcements in force for the caller, newest first. */
export async function announcements(
  args: ForwardArgs,
  context: CallContext,
): Promise<Connection<Announcement>> {
  const slice = sliceOf(ANNOUNCEMENTS, args)
  const caller = callerOf(context.viewer)
  const records = await readFor(context, (database) => readAnnouncements(database, caller, slice))
  return connectionOf(ANNOUNCEMENTS, slice, records, ({ announcement }) => announcement)
}

export const announcementNode: NodeLoader = {
  prefix: announcementIds.prefix,
  typeName: 'Announcement',
  async load(id, context) {
    const caller = callerOf(context.viewer)
    const named = asAnnouncementId(id)
    return (await readFor(context, (database) => readAnnouncement(database, named, caller))) ?? null
  },
}
