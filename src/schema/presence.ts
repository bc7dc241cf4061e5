import { PRESENCE_STATES } from '../engine/presence/roster.ts'
import { SHARE } from '../platform/limits/field-cost.ts'
import {
  countPresent,
  type PresentUser as PresentUserShape,
  presencePlan,
  type Roster,
  setPresence,
  setTyping,
  type TypingUsers,
  typingPlan,
} from '../resolvers/presence.ts'
import type { Builder } from './builder.ts'
import { asCaller, costs, servedBy } from './field.ts'
import { User } from './person.ts'
import { Room } from './room.ts'

/** Presence and typing in rooms. */
export function addPresence(builder: Builder): void {
  addRoster(builder)
  addTyping(builder)
}

function addRoster(builder: Builder): void {
  const PresenceState = builder.enumType('PresenceState', {
    description:
      'Presence and typing are ephemeral: the whole current set, no cursor, at most a few updates a second.',
    values: PRESENCE_STATES,
  })

  const PresentUser = builder.objectRef<PresentUserShape>('PresentUser').implement({
    fields: (t) => ({
      user: t.expose('user', { type: User }),
      state: t.expose('state', { type: PresenceState }),
      since: t.expose('since', { type: 'DateTime' }),
    }),
  })

  const Presence = builder.objectRef<Roster>('Presence').implement({
    description: "Above the server's roster limit `users` is empty and only `count` is set.",
    fields: (t) => ({
      roomId: t.exposeID('scope'),
      count: t.exposeInt('count'),
      users: t.expose('users', {
        type: [PresentUser],
        description: 'In order of arrival.',
        ...costs({ size: 20 }),
      }),
      at: t.expose('at', { type: 'DateTime' }),
    }),
  })

  builder.objectField(Room, 'onlineCount', (t) =>
    t.int({
      description: 'Distinct users present now, on all nodes.',
      ...costs({ weight: SHARE }),
      resolve: (room, _args, context) => countPresent(room, context),
    }),
  )

  builder.mutationField('setPresence', (t) =>
    t.boolean({
      description:
        'For the WebSocket of the call if it is in the room; otherwise for all connections of the caller. False\n' +
        'if the caller is not present.',
      args: {
        roomId: t.arg.id({ required: true }),
        state: t.arg({ type: PresenceState, required: true }),
      },
      resolve: asCaller(setPresence),
    }),
  )

  builder.subscriptionField('presence', (t) =>
    t.field({
      type: Presence,
      args: { roomId: t.arg.id({ required: true }) },
      ...servedBy(presencePlan),
    }),
  )
}

function addTyping(builder: Builder): void {
  const Typing = builder.objectRef<TypingUsers>('Typing').implement({
    description: "Above the server's roster limit `users` is empty.",
    fields: (t) => ({
      roomId: t.exposeID('scope'),
      users: t.expose('users', { type: [User], ...costs({ size: 20 }) }),
      at: t.expose('at', { type: 'DateTime' }),
    }),
  })

  builder.mutationField('setTyping', (t) =>
    t.boolean({
      description: 'Lasts ten seconds unless repeated. Users who may not write in the room may not type.',
      args: { roomId: t.arg.id({ required: true }), typing: t.arg.boolean({ required: true }) },
      resolve: asCaller(setTyping),
    }),
  )

  builder.subscriptionField('typing', (t) =>
    t.field({
      type: Typing,
      args: { roomId: t.arg.id({ required: true }) },
      ...servedBy(typingPlan),
    }),
  )
}
