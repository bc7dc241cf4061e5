import { randomBytes } from 'node:crypto'
import { Client } from 'pg'

/** Runs `work` with a connection to the database at `url`, and closes it. */
export async function withClient<Result>(
  url: string,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  // A server that disappears under an idle client is reported here; a pending query rejects by itself.
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Creates an empty database, named with `prefix`, on the server at `serverUrl`, and returns its URL. */
export async function createDatabase(serverUrl: string, prefix = 'rostrum_test_'): Promise<string> {
  const name = `${prefix}${randomBytes(8).toString('hex')}`
  await withClient(serverUrl, (client) => client.query(`create database "${name}" template template0`))
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}

/** Drops all databases whose names begin with `prefix`, even with open connections. */
export async function dropDatabases(serverUrl: string, prefix: string): Promise<void> {
  await withClient(serverUrl, async (client) => {
    const { rows } = await client.query<{ datname: string }>(
      'select datname from pg_database where starts_with(datname, $1)',
      [prefix],
    )
    for (const { datname } of rows) await client.query(`drop database if exists "${datname}" with (force)`)
  })
}
