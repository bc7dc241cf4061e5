import { describe, expect, test } from 'vitest'
import { asRoomId } from '../../src/features/rooms/ids.ts'
import { createFixture, textAt, viewer } from './fixtures.ts'

const ann = viewer('ann')
const bob = viewer('bob')
const eve = viewer('eve')

async function roomWithTypists() {
  const all = await createFixture(ann, bob, eve)
  const create = `mutation { createRoom(input: { name: "Talk", kind: CHAT, visibility: PUBLIC }) {
    ... on RoomPayload { room { id } } } }`
  const roomId = textAt(await all.run(ann, create), 'createRoom', 'room', 'id')
  for (const each of [bob, eve]) {
    await all.run(each, `mutation { joinRoom(roomId: "${roomId}") { __typename } }`)
    await all.run(each, `mutation { setTyping(roomId: "${roomId}", typing: true) }`)
  }
  return {
    do: (mutation: string, by = ann) =>
      all.run(by, `mutation { ${mutation.replace('(', `(roomId: "${roomId}" `)} { __typename } }`),
    async typing() {
      const { users } = await all.services.presence.typing(asRoomId(roomId)).read()
      return users.map(({ id }) => id)
    },
  }
}

describe('a typist', () => {
  test.each([
    ['is muted', 'muteMember(userId: "bob")', ann],
    ['is removed', 'removeMember(userId: "bob")', ann],
    ['leaves', 'leaveRoom()', bob],
  ])('who %s is shown no more', async (_what, mutation, by) => {
    const room = await roomWithTypists()
    expect(await room.typing()).toEqual(['bob', 'eve'])
    expect(JSON.stringify(await room.do(mutation, by))).toContain('MembershipPayload')
    expect(await room.typing()).toEqual(['eve'])
  })

  test('whose mute ends stays shown', async () => {
    const room = await roomWithTypists()
    await room.do('muteMember(userId: "bob", until: "2020-01-01T00:00:00Z")')
    expect(await room.typing()).toEqual(['bob', 'eve'])
  })
})
