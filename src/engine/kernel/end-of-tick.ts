import { callEach } from './listeners.ts'

let tasks: (() => void)[] = []

/**
 * Runs `task` when what has arrived by now is worked off: at the end of this turn of the event loop.
 * What it asks for in the same way follows in the same turn. What a task throws is thrown once the others have run.
 */
export function atEndOfTurn(task: () => void): void {
  if (tasks.push(task) === 1) setImmediate(runAll)
}

function runAll(): void {
  try {
    callEach(
      tasks,
      (task) => task(),
      (fault) => {
        throw fault
      },
    )
  } finally {
    tasks = []
  }
}
