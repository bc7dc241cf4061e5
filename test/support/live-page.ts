import { join } from 'node:path'
import { run } from './process.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Builds the live page like `npm start`: a node with the demo serves it from there. */
export async function buildLivePage(): Promise<void> {
  await run('npm', ['run', '--silent', 'build'], { cwd: ROOT })
}
