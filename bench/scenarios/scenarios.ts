import { AUCTION, MESSAGES } from './commanding.ts'
import { CONNECTING } from './connecting.ts'
import { DELIVERY } from './delivery.ts'
import { FAN_OUT, ROOMS } from './fan-out.ts'
import { HOUSE } from './house.ts'
import { REPLAY } from './replay.ts'
import type { Scenario } from './scenario.ts'
import { SELECTIONS } from './selections.ts'

/** In the order of the page. */
export const SCENARIOS: readonly Scenario[] = [
  FAN_OUT,
  ROOMS,
  CONNECTING,
  SELECTIONS,
  DELIVERY,
  REPLAY,
  AUCTION,
  MESSAGES,
  HOUSE,
]
