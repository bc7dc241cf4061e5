import { callEach } from './listeners.ts'

let tasks: (() => void)[] = []

/**
 * Runs `task` at the end of the current event-loop tick, after everything that has already arrived was processed.
 * Tasks that it schedules run in the same tick. An error that a task throws is rethrown after the others have run.
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
