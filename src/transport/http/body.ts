import type { IncomingMessage } from 'node:http'

export type Body =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'too-large' }
  /** The client disconnected before the end. */
  | { readonly kind: 'aborted' }

/** Reads the body of a request and keeps at most `maxBytes`. The rest is discarded. Never rejects. */
export function readBody(request: IncomingMessage, maxBytes: number): Promise<Body> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let length = 0

    function onData(chunk: Buffer): void {
      length += chunk.length
      if (length <= maxBytes) {
        chunks.push(chunk)
        return
      }
      // Keep reading without storing: closing a socket with unread bytes loses the response as well.
      request.off('data', onData)
      request.resume()
      resolve({ kind: 'too-large' })
    }

    request.on('data', onData)
    request.once('end', () => resolve({ kind: 'bytes', bytes: Buffer.concat(chunks) }))
    request.once('error', () => resolve({ kind: 'aborted' }))
    request.once('close', () => resolve({ kind: 'aborted' }))
  })
}
