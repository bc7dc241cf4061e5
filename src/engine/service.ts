import type { Database } from './storage/database.ts'

/** The dependencies of services: the node's database and other services. */
export interface ServiceParts {
  readonly database: Database
  get<T>(service: Service<T>): T
}

/**
 * A typed token for something that exists once per node, such as a feature's source or its batched reads. The token is
 * all that a caller imports; `ServiceParts.get` creates the service on first use.
 */
export class Service<T> {
  /** For error messages. */
  readonly name: string
  readonly #create: (parts: ServiceParts) => T
  readonly #created = new WeakMap<ServiceParts, { readonly value: T }>()
  readonly #underWay = new WeakSet<ServiceParts>()

  constructor(name: string, create: (parts: ServiceParts) => T) {
    this.name = name
    this.#create = create
  }

  /** Returns the service of one node. Throws if services depend on each other in a cycle. */
  of(parts: ServiceParts): T {
    const known = this.#created.get(parts)
    if (known !== undefined) return known.value
    if (this.#underWay.has(parts)) throw new Error(`the service ${this.name} needs itself`)
    this.#underWay.add(parts)
    const value = this.#create(parts)
    this.#underWay.delete(parts)
    this.#created.set(parts, { value })
    return value
  }
}

export function defineService<T>(name: string, create: (parts: ServiceParts) => T): Service<T> {
  return new Service(name, create)
}

/** The services of one node. */
export function createServiceRegistry(database: Database): ServiceParts {
  const parts: ServiceParts = { database, get: (service) => service.of(parts) }
  return parts
}
