import { run } from './process.ts'

/** Runs a command in its own PID namespace, like a container; as an unprivileged user, in a user namespace too. */
export const UNSHARE: readonly string[] = [
  'unshare',
  ...(process.getuid?.() === 0 ? [] : ['--user', '--map-current-user']),
  ...['--pid', '--fork', '--kill-child', '--mount-proc'],
]

/** Whether this machine allows it. */
export async function canUnshare(): Promise<boolean> {
  const [file = '', ...args] = UNSHARE
  return run(file, [...args, 'true']).then(
    () => true,
    () => false,
  )
}
