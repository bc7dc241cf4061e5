import { print } from 'graphql'
import { StatusPartsFragmentDoc } from '../../../client/src/gql/graphql.ts'
import { liveStatuses, type Status } from '../../../client/src/state/statuses.ts'
import { type Fixture, viewer } from '../fixtures.ts'
import { follow, fromNow, give, oneOf, type Random, testState } from '../state-property.ts'

const ann = viewer('ann')
const bob = viewer('bob')
const service = viewer('service', 'SERVICE')
const SUBJECTS = ['one', 'two', 'three', 'four']

const REPORT = 'mutation ($input: ReportStatusInput!) { reportStatus(input: $input) { __typename } }'
const SHOWN = `query ($subjectIds: [ID!]) { statuses(kind: UPLOAD, subjectIds: $subjectIds) { ...StatusParts } }
  ${print(StatusPartsFragmentDoc)}`

async function openStatuses(all: Fixture, random: Random) {
  const part = ['one', 'four']
  const readers = [
    [ann, null],
    [bob, null],
    [service, null],
    [bob, part],
  ] as const
  const followed = readers.map(([reader, subjectIds]) =>
    follow(all, random, {
      definition: liveStatuses('UPLOAD', subjectIds),
      reader,
      shown: (statuses) => statuses,
      async asked() {
        const { statuses } = (await all.run(reader, SHOWN, { subjectIds })) as { readonly statuses: Status[] }
        return statuses.sort(byChange)
      },
      entries: ['StatusChanged', 'StatusRemoved'],
    }),
  )

  function act(step: number): Promise<unknown> {
    const [subjectId, userId, value] = [
      oneOf(random, SUBJECTS),
      oneOf(random, [null, 'ann', 'bob']),
      random(6),
    ]
    const when = value === 0 ? { reportedAt: fromNow(-random(300)) } : {}
    const input = { kind: 'UPLOAD', subjectId, state: `step ${step}`, userId, data: { value }, ...when }
    return give(all, service, REPORT, { input: value === 1 ? { ...input, state: 'the same' } : input })
  }

  return { followed: await Promise.all(followed), act }
}

/** The latest first; of those of one moment, which the database sorts by its own collation, as the kit does. */
function byChange(one: Status, other: Status): number {
  if (one.updatedAt !== other.updatedAt) return one.updatedAt < other.updatedAt ? 1 : -1
  return one.subjectId < other.subjectId ? -1 : 1
}

testState('statuses', [ann, bob, service], openStatuses)
