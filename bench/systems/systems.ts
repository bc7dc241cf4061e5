import { NATS } from './nats.ts'
import { NGINX } from './nginx.ts'
import { PEER_SYSTEMS } from './peer.ts'
import { ROSTRUM } from './rostrum.ts'
import type { System } from './system.ts'

/** The server and its peers, in the order of the tables. */
export const SYSTEMS: readonly System[] = [ROSTRUM, ...PEER_SYSTEMS, NGINX, NATS]
