import type { Handler } from 'hono'
import { EXAMPLES } from './graphiql-examples.ts'
import { createPage } from './page.ts'

/** The bundle creates blob workers from itself and fetches from this server only. */
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline' blob:; worker-src blob:; style-src 'unsafe-inline'; " +
  "img-src data: blob:; font-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

/** A bar above GraphiQL, never overlapping it, in GraphiQL's configured colours. */
const TOKEN_BAR = `
<style>
  body#body { display: flex; flex-direction: column; height: 100vh; height: 100dvh; margin: 0; background: #fff; color: #3b4b68 }
  body#body.graphiql-dark { background: #212a3b; color: #b7c2d7 }
  @media (prefers-color-scheme: dark) {
    body#body:not(.graphiql-light) { background: #212a3b; color: #b7c2d7 }
  }
  #root { flex: 1; min-height: 0 }
  #root .graphiql-container { width: 100%; height: 100% }
  #token-bar { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 12px; padding: 8px 16px 0; font: 14px/1.4 system-ui, sans-serif }
  #token-bar label { display: flex; align-items: center; gap: 8px; flex: 0 1 24rem }
  #token-bar input, #token-bar button { box-sizing: border-box; font: inherit; color: inherit; background: transparent; border: 1px solid; border-radius: 4px; padding: 2px 8px }
  #token-bar input { flex: 1; min-width: 6rem }
  #token-bar button { cursor: pointer }
  #token-bar :focus-visible { outline: 2px solid #d60690; outline-offset: 1px }
  #token-bar input::placeholder { color: inherit; opacity: .75 }
</style>
<form id="token-bar">
  <label>Token <input id="token" type="password" autocomplete="off" spellcheck="false" placeholder="none: a visitor"></label>
  <button id="demo-token" type="button" hidden>Take a token for the demo</button>
  <span id="token-state" role="status"></span>
</form>
`

/**
 * Adds the bar's token to every request and every connection_init of GraphiQL: by itself GraphiQL sends headers over
 * HTTP only, so a WebSocket would stay a visitor's. The live page stores its token under the same name, so users coming
 * from there are signed in.
 */
const TOKEN_SCRIPT = `
<script>
(() => {
  const KEY = 'rostrum-token'
  const field = document.getElementById('token')
  const state = document.getElementById('token-state')
  const sockets = new Set()
  const token = () => field.value.trim()
  const stored = sessionStorage.getItem(KEY) ?? ''

  function describe() {
    if (token() === '') return 'Visitor: public rooms only'
    try {
      const part = token().split('.')[1].replace(/-/g, '+').replace(/_/g, '/')
      const bytes = Uint8Array.from(atob(part), (letter) => letter.charCodeAt(0))
      const { sub, name = sub, exp } = JSON.parse(new TextDecoder().decode(bytes))
      if (exp * 1000 < Date.now()) return 'This token has expired'
      return 'Signed in as ' + name + (exp ? ' until ' + new Date(exp * 1000).toLocaleTimeString() : '')
    } catch {
      return 'This is not a token'
    }
  }
  function keep() {
    sessionStorage.setItem(KEY, token())
    state.textContent = describe()
    // Connections sign in when they open: GraphiQL reopens them, and its subscriptions restart.
    for (const socket of sockets) socket.close(3000, 'New token')
  }

  const linked = new URLSearchParams(location.hash.slice(1)).get('token')
  const given = TAKES_LINKED_TOKEN ? linked : null
  if (linked) history.replaceState(null, '', location.pathname + location.search)
  field.value = given ?? stored
  keep()
  field.addEventListener('change', keep)
  document.getElementById('token-bar').addEventListener('submit', (event) => event.preventDefault())

  const PlainWebSocket = window.WebSocket
  window.WebSocket = class extends PlainWebSocket {
    constructor(...given) {
      super(...given)
      sockets.add(this)
      this.addEventListener('close', ({ code, reason }) => {
        sockets.delete(this)
        if (code === 4403) state.textContent = 'The server refused the token: ' + reason
      })
    }
    send(data) {
      const message = token() !== '' && String(data).includes('connection_init') ? JSON.parse(data) : {}
      if (message.type !== 'connection_init') return super.send(data)
      const payload = { authorization: 'Bearer ' + token(), ...message.payload }
      super.send(JSON.stringify({ ...message, payload }))
    }
  }

  const plainFetch = window.fetch
  window.fetch = (address, options = {}) => {
    const headers = new Headers(options.headers)
    if (token() !== '' && !headers.has('authorization')) headers.set('authorization', 'Bearer ' + token())
    return plainFetch(address, { ...options, headers })
  }

  const button = document.getElementById('demo-token')
  plainFetch('/dev/token', { method: 'OPTIONS' }).then(({ ok }) => { button.hidden = !ok }, () => {})
  button.addEventListener('click', async () => {
    const answer = await plainFetch('/dev/token', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ sub: 'you', name: 'You' }) })
    field.value = (await answer.json()).token ?? ''
    keep()
  })
})()
</script>
`

const OPTIONS = {
  title: 'Rostrum',
  endpoint: '/graphql',
  subscriptionsProtocol: 'WS',
  defaultTabs: EXAMPLES.map(({ query, variables = null }) => ({ query, variables, headers: null })),
} as const

function withTokenBar(page: string): string {
  return page.replace('<div id="root"></div>', () => `${TOKEN_BAR}<div id="root"></div>${TOKEN_SCRIPT}`)
}

const FROM_ANOTHER_SITE: ReadonlySet<unknown> = new Set(['cross-site', 'same-site'])

/**
 * GraphiQL with inlined scripts, so it works offline. A token in the URL fragment signs in if the URL was typed, or the
 * link is on a page of this server. For links from other sites (`Sec-Fetch-Site`) the page ignores the token, since it
 * would make visitors act as a user of the link's author.
 */
export function createGraphiqlPage(): Handler {
  const [own, foreign] = [createVariant(true), createVariant(false)]
  return (c, next) => {
    c.header('vary', 'Sec-Fetch-Site', { append: true })
    return FROM_ANOTHER_SITE.has(c.req.header('sec-fetch-site')) ? foreign(c, next) : own(c, next)
  }
}

function createVariant(acceptsLinkedToken: boolean): Handler {
  return createPage(
    async () => {
      // Loaded lazily: a node without GraphiQL need not hold its 9 MB, which are 50 MB once parsed.
      const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql')
      return withTokenBar(renderGraphiQL(OPTIONS)).replace('TAKES_LINKED_TOKEN', String(acceptsLinkedToken))
    },
    { 'content-security-policy': POLICY, 'cache-control': 'no-store' },
  )
}
