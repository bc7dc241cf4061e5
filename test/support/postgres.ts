import { makePostgresHome, type PostgresServer, servePostgres } from './postgres-server.ts'

export { findPostgres, type PostgresServer } from './postgres-server.ts'

export interface PostgresOptions {
  /** Off for speed: kills of the server lose nothing either way, only a loss of power would. */
  readonly fsync?: boolean
}

/** A PostgreSQL of one's own on 127.0.0.1: UTF-8, byte order, no passwords. Takes about two seconds to start. */
export async function startPostgres({ fsync = false }: PostgresOptions = {}): Promise<PostgresServer> {
  const home = await makePostgresHome()
  await home.runProgram('initdb', [
    ...['-D', home.data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
  ])
  return servePostgres(home, fsync)
}
