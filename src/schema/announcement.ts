import {
  type Announcement as AnnouncementShape,
  AUDIENCES,
  type Audience as AudienceShape,
  SEVERITIES,
  type Severity as SeverityShape,
} from '../features/announcements/rules/announcement.ts'
import type { AnnouncementEvent as AnnouncementEventShape } from '../features/announcements/source.ts'
import { announcementsPlan } from '../features/announcements/subscriptions.ts'
import { STATEMENT } from '../platform/limits/field-cost.ts'
import {
  type AnnouncementPayload as AnnouncementPayloadShape,
  publishAnnouncement,
  retractAnnouncement,
} from '../resolvers/announcement-mutations.ts'
import { announcements } from '../resolvers/announcements.ts'
import type { Builder, TypeOf } from './builder.ts'
import { connectionType } from './connection.ts'
import { Event, type PresentedSnapshot, RESET } from './event.ts'
import { asCaller, asCallerOf, costs, servedBy } from './field.ts'
import { Node } from './node.ts'
import { Rejected } from './result.ts'
import { SharedEnum, SharedObject } from './shared-types.ts'

const Audience = new SharedEnum<AudienceShape>('Audience')
const Severity = new SharedEnum<SeverityShape>('Severity')
const Announcement = new SharedObject<AnnouncementShape>('Announcement')

function announcementEvent(builder: Builder, name: string): TypeOf<AnnouncementEventShape> {
  return builder.objectRef<AnnouncementEventShape>(name).implement({
    interfaces: [Event],
    fields: (t) => ({ announcement: t.expose('announcement', { type: Announcement }) }),
  })
}

/** Announcements: their queries, subscription and commands. */
export function addAnnouncements(builder: Builder): void {
  addAnnouncement(builder)
  addAnnouncementEvents(builder)
  addAnnouncementMutations(builder)
}

function addAnnouncement(builder: Builder): void {
  Audience.in(builder, { values: AUDIENCES })

  Severity.in(builder, { values: SEVERITIES })

  Announcement.in(builder).implement({
    interfaces: [Node],
    fields: (t) => ({
      audience: t.expose('audience', { type: Audience }),
      roomId: t.exposeID('roomId', { nullable: true }),
      severity: t.expose('severity', { type: Severity }),
      title: t.exposeString('title'),
      body: t.exposeString('body'),
      publishedAt: t.expose('publishedAt', { type: 'DateTime' }),
      expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: true }),
      retractedAt: t.expose('retractedAt', { type: 'DateTime', nullable: true }),
    }),
  })

  const AnnouncementConnection = connectionType(builder, 'Announcement', Announcement)

  builder.queryField('announcements', (t) =>
    t.field({
      type: AnnouncementConnection,
      args: { first: t.arg.int(), after: t.arg.string() },
      ...costs({ weight: STATEMENT }),
      resolve: asCaller(announcements),
    }),
  )
}

function addAnnouncementEvents(builder: Builder): void {
  const AnnouncementsSnapshot = builder
    .objectRef<PresentedSnapshot & { readonly announcements: readonly AnnouncementShape[] }>(
      'AnnouncementsSnapshot',
    )
    .implement({
      interfaces: [Event],
      description: 'The announcements in force for this viewer.',
      fields: (t) => ({
        reset: t.exposeBoolean('reset', { description: RESET }),
        announcements: t.expose('announcements', { type: [Announcement], ...costs({ size: 20 }) }),
      }),
    })

  const AnnouncementEvent = builder.unionType('AnnouncementEvent', {
    types: [
      AnnouncementsSnapshot,
      announcementEvent(builder, 'AnnouncementPublished'),
      announcementEvent(builder, 'AnnouncementRetracted'),
    ],
    resolveType: ({ type }) => type,
  })

  builder.subscriptionField('announcements', (t) =>
    t.field({
      type: AnnouncementEvent,
      args: { after: t.arg({ type: 'Cursor' }) },
      ...servedBy(announcementsPlan),
    }),
  )
}

function addAnnouncementMutations(builder: Builder): void {
  const AnnouncementPayload = builder.objectRef<AnnouncementPayloadShape>('AnnouncementPayload').implement({
    fields: (t) => ({
      announcement: t.expose('announcement', { type: Announcement }),
      cursor: t.expose('cursor', { type: 'Cursor' }),
    }),
  })

  const AnnouncementResult = builder.unionType('AnnouncementResult', {
    types: [AnnouncementPayload, Rejected],
    resolveType: ({ kind }) => (kind === 'rejected' ? Rejected : AnnouncementPayload),
  })

  const PublishAnnouncementInput = builder.inputType('PublishAnnouncementInput', {
    fields: (t) => ({
      audience: t.field({ type: Audience, required: true }),
      roomId: t.id(),
      severity: t.field({ type: Severity }),
      title: t.string({ required: true }),
      body: t.string({ required: true }),
      expiresAt: t.field({ type: 'DateTime' }),
      idempotencyKey: t.string(),
    }),
  })

  builder.mutationFields((t) => ({
    publishAnnouncement: t.field({
      type: AnnouncementResult,
      args: { input: t.arg({ type: PublishAnnouncementInput, required: true }) },
      resolve: asCallerOf(publishAnnouncement),
    }),
    retractAnnouncement: t.field({
      type: AnnouncementResult,
      args: { announcementId: t.arg.id({ required: true }) },
      resolve: asCaller(retractAnnouncement),
    }),
  }))
}
