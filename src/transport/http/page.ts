import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { type Headers, SECURITY_HEADERS } from './json.ts'

/** A file for browsers that stays the same while the process lives. */
export interface Page {
  /** Answers GET and HEAD: with 304 to a browser that has it, else compressed where the browser takes that. */
  answer(request: IncomingMessage, response: ServerResponse, headers?: Headers): Promise<void>
}

const ENCODINGS = ['br', 'gzip'] as const
type Encoding = (typeof ENCODINGS)[number] | 'identity'

/** Nine megabytes in 0.2 s; the last levels take five times as long for 4 %. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_LGWIN]: 24 } }

/** `render` is asked once, by the first request. `headers` of its own: at least what it is, and what may run in it. */
export function createPage(render: () => Promise<string>, own: Headers): Page {
  const bodies = new Map<Encoding, Promise<Buffer>>()

  function bodyIn(encoding: Encoding): Promise<Buffer> {
    const known = bodies.get(encoding)
    if (known !== undefined) return known
    const body =
      encoding === 'identity' ? render().then(Buffer.from) : bodyIn('identity').then(pack[encoding])
    bodies.set(encoding, body)
    return body
  }

  let tag: Promise<string> | undefined
  /** Weak: the same for all encodings. */
  const tagOf = async (): Promise<string> =>
    `W/"${createHash('sha256')
      .update(await bodyIn('identity'))
      .digest('base64url')}"`

  return {
    async answer(request, response, headers = {}) {
      tag ??= tagOf()
      const common = {
        'cache-control': 'no-cache',
        'content-type': 'text/html; charset=utf-8',
        ...SECURITY_HEADERS,
        // Nothing of another site may hold a reference to a window of ours.
        'cross-origin-opener-policy': 'same-origin',
        ...own,
        ...headers,
        etag: await tag,
        vary: [headers['vary'], 'Accept-Encoding'].filter(Boolean).join(', '),
      }
      if (hasTag(request, common.etag)) {
        response.writeHead(304, common).end()
        return
      }
      const encoding = encodingFor(request)
      const body = await bodyIn(encoding)
      response
        .writeHead(200, {
          ...common,
          ...(encoding === 'identity' ? {} : { 'content-encoding': encoding }),
          'content-length': body.length,
        })
        .end(body)
    },
  }
}

const pack = {
  br: (bytes: Buffer) => promisify(brotliCompress)(bytes, BROTLI),
  gzip: (bytes: Buffer) => promisify(gzip)(bytes),
}

function hasTag({ headers }: IncomingMessage, tag: string): boolean {
  const known = headers['if-none-match']?.split(',').map((each) => each.trim()) ?? []
  return known.includes(tag) || known.includes('*')
}

/** The first of ours that the browser names, unless with a weight of zero. */
function encodingFor({ headers }: IncomingMessage): Encoding {
  const offers = String(headers['accept-encoding'] ?? '').split(',')
  const taken = offers
    .map((offer) => offer.trim().toLowerCase())
    .filter((offer) => !/;\s*q=0(\.0*)?$/.test(offer))
    .map((offer) => offer.split(';')[0]?.trim())
  return ENCODINGS.find((encoding) => taken.includes(encoding)) ?? 'identity'
}
