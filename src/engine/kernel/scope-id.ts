import type { Brand } from './brand.ts'

/** Names something that users attend, or in which subscriptions are counted apart: the id of anything. */
export type ScopeId = Brand<string, string>

export const asScopeId = (id: string): ScopeId => id as ScopeId
