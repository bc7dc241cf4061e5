import type { Brand } from '../kernel/brand.ts'
import type { ScopeId } from '../kernel/scope-id.ts'

/** A named set of users, `kind:id`. It holds current state only and has no history. */
export type Channel = Brand<string, 'Channel'>

/** The users present in a scope. */
export const presenceChannel = (id: ScopeId): Channel => `presence:${id}` as Channel
/** The users typing in a scope. */
export const typingChannel = (id: ScopeId): Channel => `typing:${id}` as Channel
/** The users with a connection to any node. */
export const connectedChannel = 'connected' as Channel
