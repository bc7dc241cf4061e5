import { defineConfig } from 'vite'
import { sourceAlias } from '../client/source-alias.ts'

/** The live page, built into `web/dist`, which the server serves. */
export default defineConfig({
  root: import.meta.dirname,
  resolve: { alias: sourceAlias },
  build: {
    target: 'es2022',
    // The server's policy lets nothing run that is not in a file of its own.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
})
