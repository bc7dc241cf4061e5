import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Context, Handler } from 'hono'
import { etag } from 'hono/etag'
import { type Headers, SECURITY_HEADERS } from './json.ts'

const ENCODINGS = ['br', 'gzip'] as const
type Encoding = (typeof ENCODINGS)[number] | 'identity'

/** Compresses 9 MB in 0.2 s; the highest levels take five times as long for 4 %. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_LGWIN]: 24 } }

/** Answers 304 to a browser that has the page, without headers that describe the body. */
export const revalidation = etag({
  retainedHeaders: [
    'cache-control',
    'content-security-policy',
    'content-type',
    'cross-origin-opener-policy',
    'etag',
    'vary',
    ...Object.keys(SECURITY_HEADERS),
  ],
})

/**
 * A file for browsers that does not change during the life of the process. The first request renders it; each encoding
 * is compressed once, whereas Hono's `compress` works per request and without Brotli. `own` headers contain at least
 * its content security policy.
 */
export function createPage(render: () => Promise<string>, own: Headers): Handler {
  const bodies = new Map<Encoding, Promise<Buffer<ArrayBuffer>>>()

  function bodyIn(encoding: Encoding): Promise<Buffer<ArrayBuffer>> {
    const known = bodies.get(encoding)
    if (known !== undefined) return known
    const body =
      encoding === 'identity'
        ? render().then((page) => Buffer.from(page))
        : bodyIn('identity').then(compress[encoding])
    bodies.set(encoding, body)
    return body
  }

  let tag: Promise<string> | undefined
  /** Weak: the same for all encodings. */
  const tagOf = async (): Promise<string> =>
    `W/"${createHash('sha256')
      .update(await bodyIn('identity'))
      .digest('base64url')}"`

  return async (c) => {
    tag ??= tagOf()
    const encoding = encodingFor(c)
    const body = await bodyIn(encoding)
    c.header('vary', 'Accept-Encoding', { append: true })
    return c.body(body, 200, {
      'cache-control': 'no-cache',
      'content-type': 'text/html; charset=utf-8',
      ...SECURITY_HEADERS,
      // Windows of other sites must not hold a reference to ours.
      'cross-origin-opener-policy': 'same-origin',
      ...own,
      ...(encoding === 'identity' ? {} : { 'content-encoding': encoding }),
      'content-length': String(body.length),
      etag: await tag,
    })
  }
}

const compress = {
  br: (bytes: Buffer) => promisify(brotliCompress)(bytes, BROTLI),
  gzip: (bytes: Buffer) => promisify(gzip)(bytes),
}

/** Our first encoding that the browser accepts with a non-zero weight. */
function encodingFor(c: Context): Encoding {
  const accepted = (c.req.header('accept-encoding') ?? '')
    .split(',')
    .map((offer) => offer.trim().toLowerCase())
    .filter((offer) => !/;\s*q=0(\.0*)?$/.test(offer))
    .map((offer) => offer.split(';')[0]?.trim())
  return ENCODINGS.find((encoding) => accepted.includes(encoding)) ?? 'identity'
}
