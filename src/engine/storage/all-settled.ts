/**
 * Like `Promise.all`, but rejects only after all `tasks` have settled. For work within a transaction: a statement that
 * another branch sends after the rollback would run outside the transaction.
 */
export async function allSettled<Tasks extends readonly unknown[] | []>(
  tasks: Tasks,
): Promise<{ -readonly [Place in keyof Tasks]: Awaited<Tasks[Place]> }> {
  // A query-builder query runs each time it is awaited.
  const running = tasks.map((task) => Promise.resolve(task))
  await Promise.allSettled(running)
  return (await Promise.all(running)) as { -readonly [Place in keyof Tasks]: Awaited<Tasks[Place]> }
}
