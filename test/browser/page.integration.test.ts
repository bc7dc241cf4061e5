import { once } from 'node:events'
import { type IncomingHttpHeaders, request } from 'node:http'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPage, revalidation } from '../../src/transport/http/page.ts'
import { portOf } from '../support/free-port.ts'

const HTML = `<!doctype html><title>Grüße</title>${'<p>again</p>'.repeat(1000)}`
let renderings = 0
const page = createPage(
  async () => {
    renderings += 1
    return HTML
  },
  { 'content-security-policy': "default-src 'none'" },
)
const app = new Hono()
app.use(async (c, next) => {
  c.header('vary', 'Origin')
  await next()
})
app.get('/', revalidation, page)
const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false })

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
})
afterAll(() => {
  server.close()
})

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** Not fetch, which unpacks by itself. */
async function ask(headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Answer> {
  const asked = request({ host: '127.0.0.1', port: portOf(server), headers, method }).end()
  const [answer] = await once(asked, 'response')
  return { status: answer.statusCode, headers: answer.headers, body: Buffer.concat(await answer.toArray()) }
}

describe('A page', () => {
  test.each([
    ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
    ['br;q=0, gzip;q=0.5', 'gzip', gunzipSync],
    ['identity', undefined, (bytes: Buffer) => bytes],
    ['', undefined, (bytes: Buffer) => bytes],
  ])('for a browser that accepts %j comes encoded as %s', async (accepted, encoding, unpack) => {
    const { status, headers, body } = await ask({ 'accept-encoding': accepted })
    expect(status).toBe(200)
    expect(headers['content-encoding']).toBe(encoding)
    expect(headers['content-length']).toBe(String(body.length))
    expect(headers['vary']).toBe('Origin, Accept-Encoding')
    expect(String(unpack(body))).toBe(HTML)
    expect(renderings).toBe(1)
  })

  test('is not sent again to a browser that has it', async () => {
    const { etag = '' } = (await ask()).headers
    for (const known of [etag, `"other", ${etag}`, etag.replace('W/', ''), '*']) {
      const { status, headers, body } = await ask({ 'if-none-match': known, 'accept-encoding': 'br' })
      expect([status, headers.etag, body.length]).toEqual([304, etag, 0])
      expect(headers['vary']).toBe('Origin, Accept-Encoding')
      expect(headers['content-security-policy']).toBe("default-src 'none'")
    }
    expect((await ask({ 'if-none-match': '"other"' })).status).toBe(200)
  })

  test('answers HEAD with the headers alone, and says that nothing from elsewhere may run', async () => {
    const { status, headers, body } = await ask({}, 'HEAD')
    expect([status, body.length]).toEqual([200, 0])
    expect(headers['content-length']).toBe(String(Buffer.byteLength(HTML)))
    expect(headers['content-security-policy']).toBe("default-src 'none'")
  })
})
