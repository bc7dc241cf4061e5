import { Redis } from 'ioredis'

/** How long closing a connection may take; a peer behind a broken network never answers. */
const GOODBYE_MS = 100

/**
 * A single-use connection that is not yet connected. It never reconnects, queues or retries, so that no state survives
 * a failure.
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

/** Resolves when the connection is closed. Call it before that can happen. */
export function endOf(connection: Redis): Promise<void> {
  return new Promise((resolve) => connection.once('end', () => resolve()))
}
