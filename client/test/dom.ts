import { Window } from 'happy-dom'

/**
 * A document for React to draw in, and nothing else of a browser: fetch and WebSocket stay those of Node. To be imported
 * before what draws.
 */
const window = new Window({ url: 'http://localhost/' })
Object.assign(globalThis, {
  window,
  document: window.document,
  HTMLElement: window.HTMLElement,
  MutationObserver: window.MutationObserver,
})
