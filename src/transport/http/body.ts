import type { IncomingMessage } from 'node:http'

export type Body =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'too-large' }
  /** The client went away before the end. */
  | { readonly kind: 'aborted' }

/** The body of a request, of which at most `maxBytes` are kept. What exceeds them is thrown away. Never rejects. */
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
      // Read on without keeping: a socket that is closed with unread bytes loses the answer as well.
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
