import {
  type AnnouncementPartsFragment,
  LiveAnnouncementsDocument,
  type LiveAnnouncementsSubscription,
  type LiveAnnouncementsSubscriptionVariables,
} from '../gql/graphql.ts'
import type { LiveDefinition } from './live.ts'

export type Announcement = AnnouncementPartsFragment

/** Announcements for this viewer that were not retracted, newest first, including those that have expired since. */
export type AnnouncementsState = readonly Announcement[]

export function liveAnnouncements(): LiveDefinition<
  AnnouncementsState,
  LiveAnnouncementsSubscription,
  LiveAnnouncementsSubscriptionVariables
> {
  return { operation: { query: LiveAnnouncementsDocument, variables: {} }, reduce }
}

/** The announcements in force at `now`, in ms since the epoch by the server's clock. */
export function inForce(announcements: AnnouncementsState, now: number): AnnouncementsState {
  return announcements.filter(({ expiresAt }) => expiresAt == null || Date.parse(expiresAt) > now)
}

function reduce(
  state: AnnouncementsState = [],
  { announcements: entry }: LiveAnnouncementsSubscription,
): AnnouncementsState {
  switch (entry.__typename) {
    case 'AnnouncementsSnapshot':
      return [...entry.announcements].reverse()
    case 'AnnouncementPublished':
      return [entry.announcement, ...state]
    case 'AnnouncementRetracted':
      return state.filter(({ id }) => id !== entry.announcement.id)
  }
}
