import type { Feature } from '../../engine/feature.ts'
import { roomFamily } from './family.ts'
import { roomSeed } from './seed.ts'

export const rooms: Feature = {
  name: 'rooms',
  requires: ['users'],
  families: [roomFamily],
  seed: roomSeed,
}
