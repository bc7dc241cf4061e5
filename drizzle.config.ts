import { defineConfig } from 'drizzle-kit'

export default defineConfig({
  dialect: 'postgresql',
  schema: './src/log/schema.ts',
  out: './src/log/migrations',
})
