import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Headers } from './json.ts'
import { createPage, type Page } from './page.ts'

const inWeb = (name: string): string => fileURLToPath(new URL(`../../../web/${name}`, import.meta.url))
const OPERATIONS_PAGE = inWeb('ops.html')
/** `npm run build` makes it of web/src. */
const BUILT = inWeb('dist')
/** What the live page asks, the client kit's part included. */
const LIVE_DOCUMENTS = inWeb('src/gql/persisted-documents.json')

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Rostrum</title>
<p>The live page is not built: <code>npm run build</code> does that, and <code>npm start</code> does it first.</p></html>`

/** A browser asks this server alone, and nothing from elsewhere runs. */
const policyWith = (sources: string): string =>
  `default-src 'none'; script-src ${sources}; style-src ${sources}; img-src data:; ` +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
/** All is in the page. */
const IN_ONE: Headers = { 'content-security-policy': policyWith("'unsafe-inline'") }
/** All is in files of its own. */
const OF_FILES: Headers = { 'content-security-policy': policyWith("'self'") }

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
}

/** What the pages that are served ask of this server. */
export function documentsOfPages(isDemoOn: boolean): readonly string[] {
  const blocks = readFileSync(OPERATIONS_PAGE, 'utf8').matchAll(
    /<script type="application\/graphql" id="\w+">(.*?)<\/script>/gsu,
  )
  const ofOperations = [...blocks].map(([, document = '']) => document)
  return isDemoOn ? [...ofOperations, ...liveDocuments()] : ofOperations
}

function liveDocuments(): readonly string[] {
  const manifest: Readonly<Record<string, string>> = JSON.parse(readFileSync(LIVE_DOCUMENTS, 'utf8'))
  return Object.values(manifest)
}

/** The operations page shows nothing to who has no administrator's token: it is always there. */
function readPages(isDemoOn: boolean): ReadonlyMap<string, Page> {
  const operations = readFileSync(OPERATIONS_PAGE, 'utf8')
  const pages = new Map([['/ops', createPage(async () => operations, IN_ONE)]])
  if (!isDemoOn) return pages
  if (!existsSync(BUILT))
    return pages.set(
      '/',
      createPage(async () => NOT_BUILT, OF_FILES),
    )
  const live = readFileSync(`${BUILT}/index.html`, 'utf8')
  pages.set(
    '/',
    createPage(async () => live, OF_FILES),
  )
  for (const file of readdirSync(`${BUILT}/assets`)) {
    const content = readFileSync(`${BUILT}/assets/${file}`, 'utf8')
    const own = {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      // What a file holds is in its name.
      'cache-control': 'public, max-age=31536000, immutable',
    }
    pages.set(
      `/assets/${file}`,
      createPage(async () => content, own),
    )
  }
  return pages
}

/** Answers `GET /ops`, and `GET /` with the live page where the demo is on. True where the request was for one of them. */
export function createPages(
  isDemoOn: boolean,
): (request: IncomingMessage, response: ServerResponse) => boolean {
  const pages = readPages(isDemoOn)
  return (request, response) => {
    const [path = ''] = (request.url ?? '/').split('?')
    const page = pages.get(path)
    if (page === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) return false
    page.answer(request, response).catch(() => response.destroy())
    return true
  }
}
