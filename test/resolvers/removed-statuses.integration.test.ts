import { describe, expect, test } from 'vitest'
import { createFixture, type Fixture, replay, snapshot, viewer } from './fixtures.ts'

const ann = viewer('ann')
const bob = viewer('bob')
const house = viewer('house', 'SERVICE')
const READERS = [ann, bob, house]

const STATUSES = `subscription { statuses(kind: UPLOAD) { __typename
  ... on StatusesSnapshot { statuses { subjectId state } }
  ... on StatusChanged { status { subjectId state } } ... on StatusRemoved { kind subjectId } } }`

const report = ({ run }: Fixture, state: string, userId: string | null) =>
  run(house, 'mutation ($input: ReportStatusInput!) { reportStatus(input: $input) { __typename } }', {
    input: { kind: 'UPLOAD', subjectId: 'file', state, userId },
  })

interface Entry {
  readonly __typename: string
  readonly status?: { readonly state: string }
  readonly statuses?: readonly { readonly state: string }[]
}

/** What a reader's entries come to, and what a snapshot shows them. */
async function shown(all: Fixture, reader: typeof ann, subjectIds?: readonly string[]) {
  const plan = await all.plan(reader, 'statuses', { kind: 'UPLOAD', ...(subjectIds && { subjectIds }) })
  const entries = (await replay(all, plan, STATUSES, reader)) as readonly Entry[]
  const { statuses = [] } = (await snapshot(all, plan, STATUSES, reader)) as Entry
  return {
    heard: entries.map(({ __typename, status }) => status?.state ?? __typename),
    now: statuses.map(({ state }) => state),
  }
}

describe('a status that becomes private', () => {
  test('is removed for those who lose it, and changes for those who keep it', async () => {
    const all = await createFixture(...READERS)
    await report(all, 'public', null)
    await report(all, 'for ann', 'ann')
    expect(await shown(all, ann)).toEqual({ heard: ['public', 'for ann'], now: ['for ann'] })
    expect(await shown(all, bob)).toEqual({ heard: ['public', 'StatusRemoved'], now: [] })
    expect(await shown(all, house)).toEqual({ heard: ['public', 'for ann'], now: ['for ann'] })
    const plan = await all.plan(bob, 'statuses', { kind: 'UPLOAD' })
    expect((await replay(all, plan, STATUSES, bob)).at(-1)).toEqual({
      __typename: 'StatusRemoved',
      kind: 'UPLOAD',
      subjectId: 'file',
    })
  })

  test('is removed for its former owner when reassigned, and returns when public again', async () => {
    const all = await createFixture(...READERS)
    await report(all, 'for ann', 'ann')
    await report(all, 'for bob', 'bob')
    expect(await shown(all, ann)).toEqual({ heard: ['for ann', 'StatusRemoved'], now: [] })
    expect(await shown(all, bob)).toEqual({ heard: ['for bob'], now: ['for bob'] })
    await report(all, 'public', null)
    expect(await shown(all, ann)).toEqual({ heard: ['for ann', 'StatusRemoved', 'public'], now: ['public'] })
  })
})
