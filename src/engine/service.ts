import type { Database } from './storage/database.ts'

/** What a service is created from: the node's database, and other services. */
export interface ServiceParts {
  readonly database: Database
  get<T>(service: Service<T>): T
}

/**
 * A typed token for something that exists once per node, such as a feature's source or its batched reads. The token is
 * all that a caller imports; `get` creates the service on first use.
 */
export interface Service<T> {
  /** For error messages. */
  readonly name: string
  create(parts: ServiceParts): T
}

export function defineService<T>(name: string, create: (parts: ServiceParts) => T): Service<T> {
  return { name, create }
}

/** The services of one node. Throws where two services need each other. */
export function createServiceRegistry(database: Database): ServiceParts {
  const created = new Map<Service<unknown>, unknown>()
  const underWay = new Set<Service<unknown>>()
  const parts: ServiceParts = {
    database,
    get<T>(service: Service<T>): T {
      if (created.has(service)) return created.get(service) as T
      if (underWay.has(service)) throw new Error(`the service ${service.name} needs itself`)
      underWay.add(service)
      const value = service.create(parts)
      underWay.delete(service)
      created.set(service, value)
      return value
    },
  }
  return parts
}
