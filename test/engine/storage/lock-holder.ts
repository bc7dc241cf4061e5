import { lockDirectory } from '../../../src/engine/storage/directory-lock.ts'

/** Locks the directory of its first argument, prints how that went, and stays while it has it. */
try {
  lockDirectory(process.argv[2] ?? '')
  process.stdout.write('locked\n')
  setInterval(() => {}, 1_000)
} catch (error) {
  process.stdout.write(`${error}\n`)
}
