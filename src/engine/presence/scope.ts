import type { Brand } from '../kernel/brand.ts'
import type { ScopeId } from '../kernel/scope-id.ts'

/** Names something that users are in for as long as it lasts, `kind:id`: there is no history of it. */
export type Place = Brand<string, 'Place'>

/** A room, for who is present in it. */
export const presencePlace = (id: ScopeId): Place => `presence:${id}` as Place
/** A room, for who is writing in it. */
export const typingPlace = (id: ScopeId): Place => `typing:${id}` as Place
/** All nodes together, for who has a connection to any of them. */
export const connectedPlace = 'connected' as Place
