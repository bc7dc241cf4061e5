let tasks: (() => void)[] = []

/**
 * Runs `task`, which must not throw, when what has arrived by now is worked off: at the end of this turn of the event loop.
 * What it asks for in the same way follows in the same turn.
 */
export function atEndOfTurn(task: () => void): void {
  if (tasks.push(task) === 1) setImmediate(runAll)
}

function runAll(): void {
  try {
    for (const task of tasks) task()
  } finally {
    tasks = []
  }
}
