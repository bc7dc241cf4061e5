import { sql } from 'drizzle-orm'
import type { Seed } from '../../engine/feature.ts'
import { topicsOfRoom } from './aggregate.ts'
import { roomHooks } from './hooks.ts'
import { asRoomId } from './ids.ts'
import { BUILT_IN_ROOMS } from './rules/built-in.ts'

/** The built-in rooms, created on the first start. */
export const roomSeed: Seed = {
  topics: (hooks) =>
    [...BUILT_IN_ROOMS.keys()].flatMap((name) =>
      topicsOfRoom(hooks.of(roomHooks), { id: asRoomId(name), kind: 'LOBBY' }),
    ),

  async isWritten(executor) {
    const names = [...BUILT_IN_ROOMS.keys()]
    const { rows } = await executor.execute<{ rooms: number }>(
      sql`SELECT count(*)::int AS rooms FROM rooms WHERE id IN ${names}`,
    )
    return rows[0]?.rooms === names.length
  },

  async write(executor) {
    for (const [name, visibility] of BUILT_IN_ROOMS) {
      await executor.execute(sql`
        INSERT INTO rooms (id, name, kind, visibility, phase, created_at, started_at, member_count, ranking, disclosure)
        VALUES (${name}, ${name}, 'LOBBY', ${visibility}, 'LIVE', clock_timestamp(), clock_timestamp(), 0, 'STANDARD', 'OWN')
        ON CONFLICT DO NOTHING`)
    }
  },
}
