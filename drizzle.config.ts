import { defineConfig } from 'drizzle-kit'

export default defineConfig({
  dialect: 'postgresql',
  schema: ['./src/engine/history/tables.ts', './src/features/*/tables.ts'],
  out: './src/features/migrations',
})
