/** One registered implementation of a hook point; only the point can read it. */
export interface HookImplementation {
  /** The name of the point, for messages. */
  readonly point: string
}

/** The implementations that the features of one server registered. */
export interface Hooks {
  /** In the order of the features. */
  of<Hook>(point: HookPoint<Hook>): readonly Hook[]
}

/**
 * A typed token through which a feature lets others take part in its changes. The feature that owns the point calls the
 * implementations from `Hooks.of`; features that build on it register `point.implement(…)`, so that the owner does not
 * depend on them.
 */
export class HookPoint<Hook> {
  readonly name: string
  readonly #hooks = new WeakMap<HookImplementation, Hook>()

  constructor(name: string) {
    this.name = name
  }

  implement(hook: Hook): HookImplementation {
    const implementation = { point: this.name }
    this.#hooks.set(implementation, hook)
    return implementation
  }

  among(implementations: readonly HookImplementation[]): readonly Hook[] {
    return implementations.flatMap((implementation) => this.#hooks.get(implementation) ?? [])
  }
}

/** Registers a feature's implementations. They resolve their own `hooks` when they are called, not at registration. */
export type RegisterHooks = (hooks: Hooks) => readonly HookImplementation[]

export function createHooks(features: readonly RegisterHooks[]): Hooks {
  const implementations: HookImplementation[] = []
  const hooks: Hooks = { of: (point) => point.among(implementations) }
  for (const register of features) implementations.push(...register(hooks))
  return hooks
}
