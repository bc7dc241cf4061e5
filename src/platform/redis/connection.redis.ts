import { Redis } from 'ioredis'

/** How long a connection may take to say goodbye; one into a black hole never answers. */
const GOODBYE_MS = 100

/**
 * A connection that lives once, and has yet to `connect`: it never reconnects, queues nothing and repeats nothing, so
 * that nothing it knew can outlive a failure.
 */
export function openConnection(url: string, name: string, connectTimeoutMs: number): Redis {
  return new Redis(url, {
    connectionName: name,
    connectTimeout: connectTimeoutMs,
    disconnectTimeout: GOODBYE_MS,
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    retryStrategy: () => null,
  })
}

/** Resolves when the connection is gone. Ask before it can be. */
export function endOf(connection: Redis): Promise<void> {
  return new Promise((resolve) => connection.once('end', () => resolve()))
}
