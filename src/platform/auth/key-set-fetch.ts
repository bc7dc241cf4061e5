/** The fetch function that jose expects for key sets. */
export type KeySetFetch = (url: string, options: RequestInit) => Promise<Response>

/** Enough for hundreds of keys; a larger response means a broken provider, or not the provider. */
const MAX_BYTES = 1024 * 1024
const FIRST_PAUSE_MS = 1_000
const MAX_PAUSE_MS = 30_000

/**
 * Bounds the cost of fetching a key set. A response larger than 1 MiB is cut off and rejected. After a failure,
 * fetching backs off for 1 s, doubling up to 30 s: any visitor can send a token with an unknown key, and must not be
 * able to hammer a failing provider.
 */
export function createKeySetFetch(
  nowMs: () => number = Date.now,
  plainFetch: KeySetFetch = fetch,
): KeySetFetch {
  let failures = 0
  let retryAt = 0

  return async (url, options) => {
    if (nowMs() < retryAt)
      throw new Error('Fetching the key set failed a moment ago; backing off before the next attempt')
    try {
      const response = await plainFetch(url, options)
      if (response.status !== 200) throw new Error(`The provider answered ${response.status}`)
      const body = await readBounded(response)
      // A response that is not a key set throws here, and so counts as a failure.
      if (!Array.isArray(JSON.parse(body.toString('utf8')).keys))
        throw new Error('The response is not a key set')
      failures = 0
      retryAt = 0
      return new Response(body, { status: 200, headers: { 'content-type': 'application/json' } })
    } catch (error) {
      retryAt = nowMs() + Math.min(FIRST_PAUSE_MS * 2 ** failures, MAX_PAUSE_MS)
      failures += 1
      throw error
    }
  }
}

async function readBounded(response: Response): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array[] = []
  let length = 0
  // Leaving the loop cancels the body, and with it the connection.
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > MAX_BYTES) throw new Error(`The key set is larger than ${MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
