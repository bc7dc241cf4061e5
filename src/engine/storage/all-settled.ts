/**
 * `Promise.all` that fails only when none of `tasks` runs any more. For what is done within a transaction: what another
 * branch still asked after the rollback would be outside of it.
 */
export async function allSettled<Tasks extends readonly unknown[] | []>(
  tasks: Tasks,
): Promise<{ -readonly [Place in keyof Tasks]: Awaited<Tasks[Place]> }> {
  // A query of the builder runs each time it is awaited.
  const running = tasks.map((task) => Promise.resolve(task))
  await Promise.allSettled(running)
  return (await Promise.all(running)) as { -readonly [Place in keyof Tasks]: Awaited<Tasks[Place]> }
}
