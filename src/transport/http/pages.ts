import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { fileURLToPath } from 'node:url'
import { answerText } from './json.ts'

const LIVE_PAGE = fileURLToPath(new URL('../../../web/live.html', import.meta.url))

/** Answers `GET /` with the live page where it is on. True where the request was for it. */
export function createPages(isOn: boolean): (request: IncomingMessage, response: ServerResponse) => boolean {
  if (!isOn) return () => false
  const page = readFileSync(LIVE_PAGE, 'utf8')
  return (request, response) => {
    const [path] = (request.url ?? '/').split('?')
    if (path !== '/' || (request.method !== 'GET' && request.method !== 'HEAD')) return false
    answerText(response, 200, 'text/html; charset=utf-8', page)
    return true
  }
}
