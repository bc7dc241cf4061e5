import {
  STATUS_KINDS,
  type StatusKind as StatusKindShape,
  type Status as StatusShape,
} from '../features/statuses/rules/status.ts'
import type { StatusChangedEvent, StatusRemovedEvent } from '../features/statuses/source.ts'
import { statusesPlan } from '../features/statuses/subscriptions.ts'
import { LONG_LIST } from '../platform/limits/field-cost.ts'
import { reportStatus, type StatusPayload as StatusPayloadShape, statuses } from '../resolvers/statuses.ts'
import type { Builder } from './builder.ts'
import { Event, type PresentedSnapshot, RESET } from './event.ts'
import { asCaller, costs, servedBy } from './field.ts'
import { REPORT_KEY, REPORTED_AT, Rejected, STALE } from './result.ts'
import { SharedEnum, SharedObject } from './shared-types.ts'

const StatusKind = new SharedEnum<StatusKindShape>('StatusKind')
const Status = new SharedObject<StatusShape>('Status')

/** Statuses that services report. */
export function addStatuses(builder: Builder): void {
  addStatus(builder)
  addStatusEvents(builder)
  addStatusReports(builder)
}

function addStatus(builder: Builder): void {
  StatusKind.in(builder, { values: STATUS_KINDS })

  Status.in(builder).implement({
    fields: (t) => ({
      kind: t.expose('kind', { type: StatusKind }),
      subjectId: t.exposeID('subjectId'),
      state: t.exposeString('state'),
      progress: t.exposeFloat('progress', { nullable: true, description: 'From 0 to 1.' }),
      data: t.expose('data', { type: 'JSON', nullable: true }),
      updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    }),
  })

  builder.queryField('statuses', (t) =>
    t.field({
      type: [Status],
      args: { kind: t.arg({ type: StatusKind, required: true }), subjectIds: t.arg.idList() },
      ...costs(LONG_LIST),
      resolve: asCaller(statuses),
    }),
  )
}

function addStatusEvents(builder: Builder): void {
  const StatusesSnapshot = builder
    .objectRef<PresentedSnapshot & { readonly statuses: readonly StatusShape[] }>('StatusesSnapshot')
    .implement({
      interfaces: [Event],
      description: 'The latest status of each subject as of `cursor`, latest change first, at most 1000.',
      fields: (t) => ({
        reset: t.exposeBoolean('reset', { description: RESET }),
        statuses: t.expose('statuses', { type: [Status], ...costs({ size: 20 }) }),
      }),
    })

  const StatusChanged = builder.objectRef<StatusChangedEvent>('StatusChanged').implement({
    interfaces: [Event],
    fields: (t) => ({
      status: t.expose('status', { type: Status }),
      previousState: t.exposeString('previousState', {
        nullable: true,
        description: 'Null if there was none, or it was not visible to the viewer.',
      }),
    }),
  })

  const StatusRemoved = builder.objectRef<StatusRemovedEvent>('StatusRemoved').implement({
    interfaces: [Event],
    description:
      'The status became private or belongs to another user now: the subscriber no longer sees it.',
    fields: (t) => ({
      kind: t.expose('kind', { type: StatusKind, description: 'The kind of the lost status.' }),
      subjectId: t.exposeID('subjectId', { description: 'The subject of the lost status.' }),
    }),
  })

  const StatusEvent = builder.unionType('StatusEvent', {
    types: [StatusesSnapshot, StatusChanged, StatusRemoved],
    resolveType: ({ type }) => type,
  })

  builder.subscriptionField('statuses', (t) =>
    t.field({
      type: StatusEvent,
      args: {
        kind: t.arg({ type: StatusKind, required: true }),
        subjectIds: t.arg.idList(),
        after: t.arg({ type: 'Cursor' }),
      },
      ...servedBy(statusesPlan),
    }),
  )
}

function addStatusReports(builder: Builder): void {
  const StatusPayload = builder.objectRef<StatusPayloadShape>('StatusPayload').implement({
    fields: (t) => ({
      status: t.expose('status', { type: Status }),
      stale: t.exposeBoolean('stale', { description: STALE }),
      cursor: t.expose('cursor', { type: 'Cursor' }),
    }),
  })

  const StatusResult = builder.unionType('StatusResult', {
    types: [StatusPayload, Rejected],
    resolveType: ({ kind }) => (kind === 'rejected' ? Rejected : StatusPayload),
  })

  const ReportStatusInput = builder.inputType('ReportStatusInput', {
    description: '`progress` from 0 to 1. With `userId` only that user, services and administrators see it.',
    fields: (t) => ({
      kind: t.field({ type: StatusKind, required: true }),
      subjectId: t.id({ required: true }),
      state: t.string({ required: true, description: '1 to 200 characters.' }),
      progress: t.float(),
      data: t.field({ type: 'JSON' }),
      userId: t.id(),
      reportedAt: t.field({ type: 'DateTime', description: REPORTED_AT }),
      idempotencyKey: t.string({ description: REPORT_KEY }),
    }),
  })

  builder.mutationField('reportStatus', (t) =>
    t.field({
      type: StatusResult,
      description: 'Services and administrators. A report equal to the latest changes nothing.',
      args: { input: t.arg({ type: ReportStatusInput, required: true }) },
      resolve: asCaller(({ input }, context) => reportStatus(input, context)),
    }),
  )
}
