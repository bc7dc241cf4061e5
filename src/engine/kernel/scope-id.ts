import type { Brand } from './brand.ts'

/** Identifies what users are present in or subscriptions are counted for. */
export type ScopeId = Brand<string, string>

export const asScopeId = (id: string): ScopeId => id as ScopeId
