import { makePostgresHome, type PostgresServer, servePostgres } from './postgres-server.ts'

export { findPostgres, type PostgresServer } from './postgres-server.ts'

export interface PostgresOptions {
  /** Off for speed: killing the server loses nothing either way, only a power failure would. */
  readonly fsync?: boolean
}

/** A private PostgreSQL on 127.0.0.1: UTF-8, byte order, no passwords. Takes about two seconds to start. */
export async function startPostgres({ fsync = false }: PostgresOptions = {}): Promise<PostgresServer> {
  const home = await makePostgresHome()
  await home.runProgram('initdb', [
    ...['-D', home.data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
  ])
  return servePostgres(home, fsync)
}
