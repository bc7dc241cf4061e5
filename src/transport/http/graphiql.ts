import { renderGraphiQL } from '@graphql-yoga/render-graphiql'

const EXAMPLE = `# Sign in with the box at the top right, then run this:
query Rooms {
  rooms {
    edges {
      node {
        id
        name
        phase
        auctions { edges { node { id title phase currentPrice } } }
      }
    }
  }
}
`

/**
 * Puts the token of the page's own box on every request and every WebSocket that GraphiQL makes: of itself it
 * passes its headers to HTTP alone, and a WebSocket would stay a visitor's.
 */
const TOKEN_BOX = `
<form id="token-box" style="position:fixed;top:12px;right:16px;z-index:1000;font:13px system-ui">
  <label>Token <input id="token" type="password" autocomplete="off" size="24" placeholder="paste a token"></label>
</form>
<script>
  const box = document.getElementById('token')
  const given = new URLSearchParams(location.hash.slice(1)).get('token')
  if (given) { sessionStorage.setItem('rostrum-token', given); history.replaceState(null, '', location.pathname) }
  box.value = sessionStorage.getItem('rostrum-token') ?? ''
  const token = () => box.value.trim()
  document.getElementById('token-box').addEventListener('submit', (event) => event.preventDefault())
  // Connections are signed in when they open: a new token starts anew.
  box.addEventListener('change', () => { sessionStorage.setItem('rostrum-token', token()); location.reload() })
  const plainFetch = window.fetch
  window.fetch = (address, options = {}) => {
    const headers = new Headers(options.headers)
    if (token() && !headers.has('authorization')) headers.set('authorization', 'Bearer ' + token())
    return plainFetch(address, { ...options, headers })
  }
  const PlainWebSocket = window.WebSocket
  window.WebSocket = class extends PlainWebSocket {
    constructor(address, protocols) {
      const url = new URL(address, location.href)
      if (token()) url.searchParams.set('token', token())
      super(url, protocols)
    }
  }
</script>
`

let page: string | undefined

/** GraphiQL with its scripts in it: works without a network. */
export function renderGraphiqlPage(): string {
  page ??= renderGraphiQL({
    title: 'Rostrum',
    endpoint: '/graphql',
    subscriptionsProtocol: 'WS',
    defaultQuery: EXAMPLE,
  }).replace('<div id="root"></div>', () => `<div id="root"></div>${TOKEN_BOX}`)
  return page
}
