import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { Headers } from './json.ts'

const inWeb = (name: string): string => fileURLToPath(new URL(`../../../web/${name}`, import.meta.url))
const LIVE_PAGE = inWeb('live.html')
const OPERATIONS_PAGE = inWeb('ops.html')

/** All is in the page: a browser asks this server alone, and nothing from elsewhere runs. */
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

/** A page that stays the same while the process lives. */
export interface Page {
  /** Answers GET and HEAD: with 304 to a browser that has it, else compressed where the browser takes that. */
  answer(request: IncomingMessage, response: ServerResponse, headers?: Headers): Promise<void>
}

const ENCODINGS = ['br', 'gzip'] as const
type Encoding = (typeof ENCODINGS)[number] | 'identity'

/** Nine megabytes in 0.2 s; the last levels take five times as long for 4 %. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_LGWIN]: 24 } }

/** `render` is asked once, by the first request. `policy` is the page's Content-Security-Policy. */
export function createPage(render: () => Promise<string>, policy: string): Page {
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
        ...headers,
        etag: await tag,
        'cache-control': 'no-cache',
        vary: [headers['vary'], 'Accept-Encoding'].filter(Boolean).join(', '),
        'content-security-policy': policy,
        'x-content-type-options': 'nosniff',
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
          'content-type': 'text/html; charset=utf-8',
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

/** What the pages that are served ask of this server: each holds its documents in blocks of their own. */
export function documentsOfPages(isDemoOn: boolean): readonly string[] {
  return filesOf(isDemoOn).flatMap(([, file]) => {
    const blocks = readFileSync(file, 'utf8').matchAll(
      /<script type="application\/graphql" id="\w+">(.*?)<\/script>/gsu,
    )
    return [...blocks].map(([, document = '']) => document)
  })
}

/** The operations page shows nothing to who has no administrator's token: it is always there. */
function filesOf(isDemoOn: boolean): readonly (readonly [path: string, file: string])[] {
  return [['/ops', OPERATIONS_PAGE], ...(isDemoOn ? [['/', LIVE_PAGE] as const] : [])]
}

/** Answers `GET /ops`, and `GET /` with the live page where the demo is on. True where the request was for one of them. */
export function createPages(
  isDemoOn: boolean,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  const pages = new Map(
    filesOf(isDemoOn).map(([path, file]) => {
      const html = readFileSync(file, 'utf8')
      return [path, createPage(async () => html, POLICY)] as const
    }),
  )
  return (request, response) => {
    const [path = ''] = (request.url ?? '/').split('?')
    const page = pages.get(path)
    if (page === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) return false
    page.answer(request, response).catch(() => response.destroy())
    return true
  }
}
