import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Hono } from 'hono'
import type { EndpointEnv, Endpoints } from './endpoint.ts'
import type { Headers } from './json.ts'
import { createPage, revalidation } from './page.ts'

const inWeb = (name: string): string => fileURLToPath(new URL(`../../../web/${name}`, import.meta.url))
const OPS_PAGE = inWeb('ops.html')
/** Built from web/src by `npm run build`. */
const BUILT = inWeb('dist')
/** The documents of the live page, including those of the client kit. */
const LIVE_DOCUMENTS = inWeb('src/gql/persisted-documents.json')

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Rostrum</title>
<p>The live page is not built: <code>npm run build</code> does that, and <code>npm start</code> does it first.</p></html>`

/** Restricts browsers to requests to, and scripts from, this server. */
const policyWith = (sources: string): string =>
  `default-src 'none'; script-src ${sources}; style-src ${sources}; img-src data:; ` +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
/** For pages that contain their scripts and styles. */
const INLINE: Headers = { 'content-security-policy': policyWith("'unsafe-inline'") }
/** For pages whose scripts and styles are separate files. */
const SEPARATE: Headers = { 'content-security-policy': policyWith("'self'") }

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
}

/** The documents of the served pages. */
export function documentsOfPages(isDemoOn: boolean): readonly string[] {
  const blocks = readFileSync(OPS_PAGE, 'utf8').matchAll(
    /<script type="application\/graphql" id="\w+">(.*?)<\/script>/gsu,
  )
  const ofOpsPage = [...blocks].map(([, document = '']) => document)
  return isDemoOn ? [...ofOpsPage, ...liveDocuments()] : ofOpsPage
}

function liveDocuments(): readonly string[] {
  const manifest: Readonly<Record<string, string>> = JSON.parse(readFileSync(LIVE_DOCUMENTS, 'utf8'))
  return Object.values(manifest)
}

/** `GET /ops`, and `GET /` with the live page where the demo is on. The operations page is hidden from non-administrators. */
export function createPages(isDemoOn: boolean): Endpoints {
  const pages = new Hono<EndpointEnv>()
  const add = (path: string, content: string, headers: Headers): unknown =>
    pages.get(
      path,
      revalidation,
      createPage(async () => content, headers),
    )

  add('/ops', readFileSync(OPS_PAGE, 'utf8'), INLINE)
  if (!isDemoOn) return pages
  if (!existsSync(BUILT)) {
    add('/', NOT_BUILT, SEPARATE)
    return pages
  }
  add('/', readFileSync(`${BUILT}/index.html`, 'utf8'), SEPARATE)
  for (const file of readdirSync(`${BUILT}/assets`)) {
    add(`/assets/${file}`, readFileSync(`${BUILT}/assets/${file}`, 'utf8'), {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      // The name contains a hash of the content.
      'cache-control': 'public, max-age=31536000, immutable',
    })
  }
  return pages
}
