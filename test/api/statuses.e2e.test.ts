import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Caller, caughtUp, codeOfEnd, createCaller } from '../support/caller.ts'
import { openEventStream } from '../support/event-stream.ts'
import { startNode, type TestNode } from '../support/node.ts'
import { freshDatabase } from '../support/postgres-shared.ts'

const STATUS = 'kind subjectId state progress data updatedAt'
const REPORT = `mutation ($input: ReportStatusInput!) { reportStatus(input: $input) {
  __typename ... on StatusPayload { cursor status { ${STATUS} } } ... on Rejected { code field } } }`
const STATUSES = `query ($kind: StatusKind!, $subjectIds: [ID!]) { statuses(kind: $kind, subjectIds: $subjectIds) { ${STATUS} } }`
const FOLLOW = `subscription ($kind: StatusKind!, $subjectIds: [ID!], $after: Cursor) {
  statuses(kind: $kind, subjectIds: $subjectIds, after: $after) {
    __typename ... on Event { offset cursor }
    ... on StatusesSnapshot { reset statuses { subjectId state } }
    ... on StatusChanged { previousState status { ${STATUS} } } } }`

interface Reported {
  readonly cursor: string
  readonly code?: string
}

interface Entry {
  readonly __typename: string
  readonly offset: number
  readonly cursor: string
  readonly previousState?: string | null
  readonly status?: { readonly subjectId: string; readonly state: string }
  readonly statuses?: readonly { readonly subjectId: string; readonly state: string }[]
}

let node: TestNode
let service: Caller

beforeAll(async () => {
  node = await startNode({ databaseUrl: await freshDatabase() })
  service = await createCaller(node, 'house', ['service'])
})
afterAll(async () => {
  await service[Symbol.asyncDispose]()
  await node[Symbol.asyncDispose]()
})

async function somebody(roles: readonly string[] = []): Promise<Caller> {
  const caller = await createCaller(node, `user ${randomUUID()}`, roles)
  onTestFinished(() => caller[Symbol.asyncDispose]())
  return caller
}

const subject = (): string => `subject-${randomUUID()}`

function report(subjectId: string, state: string, more: object = {}, by = service): Promise<Reported> {
  return by.ask<Reported>(REPORT, { input: { kind: 'SUPPLY', subjectId, state, ...more } })
}

const follow = (caller: Caller, variables: object = {}) =>
  caller.record<Entry>(FOLLOW, { kind: 'SUPPLY', ...variables })

describe('a status that is reported', () => {
  test('reaches who follows its kind, with the state before, and is what the query shows', async () => {
    const [ann, id] = [await somebody(), subject()]
    const heard = follow(ann)
    await heard.take(1)
    await report(id, 'loading', { progress: 0.25, data: { dock: 7 } })
    await report(id, 'loaded', { progress: 1 })
    const [, first, second] = await heard.take(3)
    expect(first).toMatchObject({
      __typename: 'StatusChanged',
      previousState: null,
      status: { kind: 'SUPPLY', subjectId: id, state: 'loading', progress: 0.25, data: { dock: 7 } },
    })
    expect(second).toMatchObject({ previousState: 'loading', status: { state: 'loaded', data: null } })
    expect(second?.offset).toBe((first?.offset ?? 0) + 1)
    expect(await ann.ask(STATUSES, { kind: 'SUPPLY', subjectIds: [id] })).toMatchObject([
      { subjectId: id, state: 'loaded', progress: 1 },
    ])
    expect(await ann.ask(STATUSES, { kind: 'BOUNTY', subjectIds: [id] })).toEqual([])
  })

  test('again the same is no entry, and answers with the end of the history', async () => {
    const id = subject()
    const first = await report(id, 'open', { data: { a: 1, b: [null] } })
    const other = await report(subject(), 'open')
    expect(await report(id, ' open ', { data: { b: [null], a: 1 } })).toMatchObject({ cursor: other.cursor })
    expect(first.cursor).not.toBe(other.cursor)
    const inline = `mutation { reportStatus(input: { kind: SUPPLY, subjectId: "${id}", state: "open", data: { a: 1, b: [null] } }) {
      ... on StatusPayload { cursor } } }`
    expect(await service.ask(inline)).toEqual({ cursor: other.cursor })
  })

  test('again the same is no entry, however deep its data; beyond 100 levels it is refused', async () => {
    const id = subject()
    const nested = (levels: number) => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`)
    const { cursor } = await report(id, 'open', { data: nested(100) })
    expect(await report(id, 'open', { data: nested(100) })).toMatchObject({ cursor })
    const input = { kind: 'SUPPLY', subjectId: id, state: 'open', data: nested(101) }
    expect(await service.refusal(REPORT, { input })).toBe('BAD_USER_INPUT')
  })

  test('is one change, however often it is reported at once', async () => {
    const [ann, id] = [await somebody(), subject()]
    const heard = follow(ann, { subjectIds: [id] })
    await heard.take(1)
    await Promise.all(Array.from({ length: 20 }, () => report(id, 'now')))
    await report(id, 'end')
    const states = (await heard.take(3)).slice(1).map(({ status }) => status?.state)
    expect(states).toEqual(['now', 'end'])
  })

  test('is heard from a cursor on, exactly, also of some subjects alone', async () => {
    const [ann, id, other] = [await somebody(), subject(), subject()]
    const { cursor } = await report(id, 's0')
    for (let index = 1; index <= 5; index += 1) {
      await report(id, `s${index}`)
      await report(other, `o${index}`)
    }
    const all = await follow(ann, { after: cursor }).take(10)
    expect(all.map(({ status }) => status?.state)).toEqual(
      [1, 2, 3, 4, 5].flatMap((index) => [`s${index}`, `o${index}`]),
    )
    const some = await follow(ann, { after: cursor, subjectIds: [id] }).take(5)
    expect(some.map(({ status }) => status?.state)).toEqual(['s1', 's2', 's3', 's4', 's5'])
    const rest = await follow(ann, { after: some[2]?.cursor, subjectIds: [id] }).take(2)
    expect(rest.map(({ status }) => status?.state)).toEqual(['s4', 's5'])
  })

  test('stands in the snapshot, that of the last change first', async () => {
    const [ann, one, two] = [await somebody(), subject(), subject()]
    await report(one, 'first')
    await report(two, 'second')
    await report(one, 'third')
    const [snapshot] = await follow(ann, { subjectIds: [one, two, subject()] }).take(1)
    expect(snapshot).toMatchObject({
      __typename: 'StatusesSnapshot',
      statuses: [
        { subjectId: one, state: 'third' },
        { subjectId: two, state: 'second' },
      ],
    })
  })
})

describe('a status of one user', () => {
  test('is seen by that user, services and administrators, on every way', async () => {
    const [ann, bob, admin, id] = [await somebody(), await somebody(), await somebody(['admin']), subject()]
    const { cursor } = await report(subject(), 'before')
    const heard = [ann, bob, admin, service].map((caller) => follow(caller, { after: cursor }))
    await report(id, 'secret', { userId: ann.id })
    await report(subject(), 'after')
    const states = async (index: number, count: number) =>
      (await heard[index]?.take(count))?.map(({ status }) => status?.state)
    expect(await states(0, 2)).toEqual(['secret', 'after'])
    expect(await states(2, 2)).toEqual(['secret', 'after'])
    expect(await states(3, 2)).toEqual(['secret', 'after'])
    expect(await states(1, 1)).toEqual(['after'])
    await caughtUp(bob)
    expect(heard[1]?.values).toHaveLength(1)

    const shown = (caller: Caller) => caller.ask(STATUSES, { kind: 'SUPPLY', subjectIds: [id] })
    for (const caller of [ann, admin, service]) expect(await shown(caller)).toHaveLength(1)
    expect(await shown(bob)).toEqual([])
    const [snapshot] = await follow(bob, { subjectIds: [id] }).take(1)
    expect(snapshot?.statuses).toEqual([])
    expect((await follow(bob, { after: cursor }).take(1))[0]?.status?.state).toBe('after')
    await using stream = await openEventStream(node.url, {
      query: FOLLOW,
      variables: { kind: 'SUPPLY', after: cursor },
      ...(bob.token === undefined ? {} : { token: bob.token }),
    })
    expect(await stream.next()).toMatchObject({
      data: { data: { statuses: { status: { state: 'after' } } } },
    })
  })

  test('that becomes another’s, or everybody’s, does not tell what it was', async () => {
    const [ann, bob, id] = [await somebody(), await somebody(), subject()]
    const { cursor } = await report(subject(), 'before')
    await report(id, 'of ann', { userId: ann.id })
    await report(id, 'of bob', { userId: bob.id })
    await report(id, 'of all')
    await report(id, 'of ann again', { userId: ann.id })
    const changes = (await follow(bob, { after: cursor, subjectIds: [id] }).take(3)).map(
      ({ __typename, previousState, status }) => [previousState, status?.state ?? __typename],
    )
    expect(changes).toEqual([
      [null, 'of bob'],
      [null, 'of all'],
      [undefined, 'StatusRemoved'],
    ])
    const own = await follow(ann, { after: cursor, subjectIds: [id] }).take(4)
    expect(own.map(({ __typename, previousState }) => previousState ?? __typename)).toEqual([
      'StatusChanged',
      'StatusRemoved',
      'StatusChanged',
      'of all',
    ])
    expect(await bob.ask(STATUSES, { kind: 'SUPPLY', subjectIds: [id] })).toEqual([])
  })
})

describe('refused', () => {
  test.for([
    { what: 'no state', more: { state: ' ' }, field: 'state' },
    { what: 'an endless state', more: { state: 'x'.repeat(201) }, field: 'state' },
    { what: 'a progress below nothing', more: { progress: -0.01 }, field: 'progress' },
    { what: 'a progress above all', more: { progress: 1.01 }, field: 'progress' },
    { what: 'no subject', more: { subjectId: '' }, field: 'subjectId' },
    { what: 'an endless subject', more: { subjectId: 'x'.repeat(257) }, field: 'subjectId' },
    { what: 'an endless user', more: { userId: 'x'.repeat(257) }, field: 'userId' },
  ])('with INVALID_INPUT is $what', async ({ more, field }) => {
    expect(await report(subject(), 'ok', more)).toMatchObject({ code: 'INVALID_INPUT', field })
  })

  test('to report are users and moderators, to look are visitors', async () => {
    const input = { kind: 'SUPPLY', subjectId: subject(), state: 'x' }
    for (const roles of [[], ['moderator']]) {
      expect(await (await somebody(roles)).refusal(REPORT, { input })).toBe('FORBIDDEN')
    }
    await using visitor = await createCaller(node)
    expect(await visitor.refusal(REPORT, { input })).toBe('UNAUTHENTICATED')
    expect(await visitor.refusal(STATUSES, { kind: 'SUPPLY' })).toBe('UNAUTHENTICATED')
    expect(await codeOfEnd(follow(visitor))).toBe('UNAUTHENTICATED')
  })

  test('are a cursor of another kind, and too many subjects', async () => {
    const ann = await somebody()
    const { cursor } = await report(subject(), 'x')
    expect(await codeOfEnd(follow(ann, { kind: 'BOUNTY', after: cursor }))).toBe('CURSOR_INVALID')
    const subjectIds = Array.from({ length: 1001 }, String)
    expect(await codeOfEnd(follow(ann, { subjectIds }))).toBe('BAD_USER_INPUT')
    expect(await ann.refusal(STATUSES, { kind: 'SUPPLY', subjectIds })).toBe('BAD_USER_INPUT')
  })
})
