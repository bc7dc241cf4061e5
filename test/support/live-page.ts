import { join } from 'node:path'
import { run } from './process.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Builds the live page as `npm start` does: a node with the demo serves what stands there. */
export async function buildLivePage(): Promise<void> {
  await run('npm', ['run', '--silent', 'build'], { cwd: ROOT })
}
