import { makeRoom } from '../support/rooms.ts'
import { signToken } from '../support/tokens.ts'
import { askUntilAnswered, messageCommand } from './commands.ts'
import { addMember, messagesIn, SELLER } from './places.ts'
import type { Burst } from './scenario.ts'
import type { Library } from './watchers.ts'

const LIBRARIES: readonly Library[] = ['graphql-ws', 'apollo', 'urql']

/** A room in which only the fault itself writes, so that it knows what its readers have received. */
export interface QuietRoom {
  readonly topic: string
  /** Readers that stay connected. */
  readonly live: readonly string[]
  /** Readers that leave: `early` ones return before anything new is written, `late` ones afterwards. */
  readonly early: readonly string[]
  readonly late: readonly string[]
  /** Sends one message after another to the node. Resolves when all are accepted. */
  write(nodeUrl: string, bodies: readonly string[]): Promise<void>
}

/** Makes one, with three readers of each kind. */
export async function makeQuietRoom(
  { nodes, places, follow, attempted }: Burst,
  name: string,
): Promise<QuietRoom> {
  const [first] = nodes
  if (first === undefined) throw new RangeError('a scenario has a node')
  const seller = await signToken(SELLER)
  const roomId = await makeRoom(first.node, seller)
  await addMember(first.node, roomId, places.author, seller)
  const followed = messagesIn(roomId)
  const namesOf = (kind: string): readonly string[] =>
    LIBRARIES.map((library) => `${name} ${kind} ${library}`)
  const [live = [], early = [], late = []] = ['live', 'early', 'late'].map(namesOf)
  const readers = [live, early, late].flatMap((names) =>
    names.map((subscription, index) => ({
      ...{ ...followed, subscription, library: LIBRARIES[index] ?? 'graphql-ws' },
    })),
  )
  await follow(readers)
  return {
    ...{ topic: followed.topic, live, early, late },
    async write(nodeUrl, bodies) {
      for (const body of bodies) {
        const command = await messageCommand(`${name} ${body}`, roomId, places.author)
        const answered = await askUntilAnswered(nodeUrl, command)
        if (answered.raw.code !== undefined) throw new Error(`A message was refused: ${answered.raw.code}`)
        attempted(answered.attempted)
      }
    },
  }
}
