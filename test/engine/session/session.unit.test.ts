import { setImmediate } from 'node:timers/promises'
import { GraphQLError } from 'graphql'
import { describe, expect, test } from 'vitest'
import type { HistoryPlan, Plan } from '../../../src/engine/hub/source.ts'
import type { Role } from '../../../src/engine/kernel/actor.ts'
import { asUserId } from '../../../src/engine/kernel/id.ts'
import { instant } from '../../../src/engine/kernel/instant.ts'
import type { SignIn } from '../../../src/engine/session/sign-in.ts'
import type { PlannedSubscription, SubscriptionLife } from '../../../src/engine/session/subscription.ts'
import { announcementsTopic } from '../../../src/features/announcements/topics.ts'
import type { Viewer } from '../../../src/platform/auth/viewer.ts'
import { createFakeSession, PULSE } from '../../transport/fake-session.ts'

const LATER = instant(Date.now() + 3_600_000)
const CREDENTIAL = { kind: 'token', token: 't' } as const

function viewerWith(...roles: readonly Role[]): Viewer {
  const user = { id: asUserId('ada'), name: 'Ada' }
  return { user, roles: new Set<Role>(['USER', ...roles]), expiresAt: LATER, issuedAt: null }
}

const FILTERED: HistoryPlan = {
  ...{ kind: 'history', topic: announcementsTopic, after: 'cursor' },
  source: {
    ...{ snapshotType: 'Snapshot', isSnapshotShared: false, sees: () => true },
    snapshot: () => Promise.reject(new Error('not in this test')),
    present: () => {
      throw new Error('not in this test')
    },
  },
}

/** A session whose next sign-ins are in the test's hands. */
function open() {
  const endings: string[] = []
  const signIns: ((signedIn: SignIn) => void)[] = []
  const fake = createFakeSession(
    { end: ({ kind }) => endings.push(kind) },
    { signIn: () => new Promise((resolve) => signIns.push(resolve)) },
  )
  const lives: SubscriptionLife[] = []
  const plans: PromiseWithResolvers<PlannedSubscription>[] = []
  const ends: unknown[] = []
  return {
    ...fake,
    ...{ endings, signIns, lives, plans, ends },
    subscribe() {
      return fake.session.subscribe({
        plan(life) {
          lives.push(life)
          const asked = Promise.withResolvers<PlannedSubscription>()
          plans.push(asked)
          return asked.promise
        },
        createSink: (end) => ({
          ...{ send: () => {}, isCongested: () => false, drained: async () => {}, end, close: () => {} },
        }),
        onEnd: (error) => ends.push(error?.extensions['code']),
      })
    },
    async grant(index: number, plan: Plan = PULSE, { key = 'key', cost = 1 } = {}) {
      plans[index]?.resolve({ plan, selection: { key, execute: () => ({}) }, cost })
      await setImmediate()
    },
    async renew(viewer: Viewer) {
      const renewed = fake.session.renew(CREDENTIAL)
      signIns.at(-1)?.({ kind: 'ok', viewer })
      await renewed
    },
  }
}

describe('A subscription of a session whose viewer loses a role', () => {
  test('that is filtered by viewer is closed at once and reopened with a reset snapshot', async () => {
    const { session, subscribe, grant, renew, hub, plans } = open()
    session.begin(viewerWith('ADMIN'))
    subscribe()
    await grant(0, FILTERED)
    const [first] = hub.served
    expect(first?.subscriber.viewer?.roles.has('ADMIN')).toBe(true)

    await renew(viewerWith())
    expect(hub.served.size).toBe(0)
    expect(plans).toHaveLength(2)
    await grant(1, FILTERED)
    const [second] = hub.served
    expect(second?.subscriber.viewer?.roles.has('ADMIN')).toBe(false)
    expect(second?.plan).toMatchObject({ after: null, startsOver: true })
  })

  test('ends with FORBIDDEN where the plan is refused to the new roles', async () => {
    const { session, subscribe, grant, renew, plans, ends, hub } = open()
    session.begin(viewerWith('ADMIN'))
    subscribe()
    await grant(0, FILTERED)
    await renew(viewerWith())
    plans[1]?.reject(new GraphQLError('no', { extensions: { code: 'NOT_FOUND' } }))
    await setImmediate()
    expect(ends).toEqual(['FORBIDDEN'])
    expect(hub.served.size).toBe(0)
  })

  test('that is the same for everyone asks its guard again and continues', async () => {
    const { session, subscribe, grant, renew, lives, plans, hub } = open()
    session.begin(viewerWith('ADMIN'))
    subscribe()
    await grant(0)
    let asked = 0
    const unwatch = lives[0]?.watchRights(() => {
      asked += 1
    })
    await renew(viewerWith())
    expect(asked).toBe(1)
    // The same rights, for longer.
    await renew(viewerWith())
    expect(asked).toBe(1)
    unwatch?.()
    await renew(viewerWith('ADMIN'))
    expect(asked).toBe(1)
    expect(plans).toHaveLength(1)
    expect(hub.served.size).toBe(1)
  })

  test('is planned again if planning was under way: the answer for the former rights does not count', async () => {
    const { session, subscribe, grant, renew, hub, plans } = open()
    session.begin(viewerWith('ADMIN'))
    subscribe()
    await renew(viewerWith())
    await grant(0)
    expect(hub.served.size).toBe(0)
    expect(plans).toHaveLength(2)
    await grant(1)
    expect(hub.served.size).toBe(1)
  })
})

describe('A session', () => {
  test('keeps what a later token gave where an earlier one is checked more slowly', async () => {
    const { session, signIns } = open()
    session.begin(viewerWith())
    const [earlier, later] = [session.renew(CREDENTIAL), session.renew(CREDENTIAL)]
    signIns[1]?.({ kind: 'ok', viewer: viewerWith() })
    await later
    signIns[0]?.({ kind: 'ok', viewer: viewerWith('ADMIN') })
    await earlier
    expect(session.viewer?.roles.has('ADMIN')).toBe(false)
  })

  test('that is over while a token is checked counts nowhere', async () => {
    const { session, signIns, connections, isPresent } = open()
    const signedIn = session.signIn(CREDENTIAL)
    session.close()
    signIns[0]?.({ kind: 'ok', viewer: viewerWith() })
    await signedIn
    expect(session.viewer).toBeNull()
    expect(connections.count).toBe(0)
    expect(isPresent()).toBe(false)
  })

  test('ends at the expiry of its token', async () => {
    const { session, endings } = open()
    session.begin({ ...viewerWith(), expiresAt: instant(Date.now() + 20) })
    await expect.poll(() => endings).toEqual(['expired'])
  })

  test('refuses a selection beyond the budget of its client, and takes it when another has ended', async () => {
    const { subscribe, grant, ends, session } = open()
    session.begin(null)
    const first = subscribe()
    await grant(0, PULSE, { key: 'one', cost: 900_000 })
    subscribe()
    await grant(1, PULSE, { key: 'two', cost: 900_000 })
    expect(ends).toEqual(['TOO_MANY_SUBSCRIPTIONS'])
    first?.stop()
    subscribe()
    await grant(2, PULSE, { key: 'two', cost: 900_000 })
    expect(ends).toHaveLength(1)
  })

  test('answers what runs before it ends, and takes nothing meanwhile', async () => {
    const { session, endings } = open()
    const answer = Promise.withResolvers<string>()
    const work = session.run(() => answer.promise)
    const finished = session.finish({ kind: 'restart', reason: 'Draining' })
    expect(session.isListening).toBe(false)
    await setImmediate()
    expect(endings).toEqual([])
    answer.resolve('done')
    expect(await work.result).toBe('done')
    await finished
    expect(endings).toEqual(['restart'])
  })
})
