import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import type { EmbeddedReply, EmbeddedRequest } from './embedded.ts'

/**
 * Runs PGlite in its own thread: in the server's thread its transactions blocked the event loop for
 * up to half a second under load. Speaks PostgreSQL's wire protocol, so that the ordinary driver serves both.
 */
if (parentPort === null) throw new Error('embedded.worker runs in a worker thread only')
const port = parentPort
const send = (reply: EmbeddedReply): void => port.postMessage(reply)

/** The `Terminate` message, which would end PGlite's only session. */
const TERMINATE = 'X'.charCodeAt(0)

const database = await PGlite.create(String(workerData.directory))
let session = 0
let tail: Promise<void> = Promise.resolve()

async function answer(request: EmbeddedRequest): Promise<void> {
  if (request.kind === 'close') {
    await database.close()
    send({ kind: 'closed' })
    return
  }
  // A new connection must look like a new PostgreSQL session: no transaction, no prepared statements.
  if (request.session !== session) {
    if (session !== 0) {
      await database.exec('ROLLBACK')
      await database.exec('DISCARD ALL')
    }
    session = request.session
  }
  if (request.chunk[0] === TERMINATE) return
  const chunk = await database.execProtocolRaw(request.chunk, { throwOnError: false })
  send({ kind: 'data', session: request.session, chunk })
}

port.on('message', (request: EmbeddedRequest) => {
  tail = tail
    .then(() => answer(request))
    .catch((error: unknown) => send({ kind: 'fault', message: String(error) }))
})
send({ kind: 'open' })
