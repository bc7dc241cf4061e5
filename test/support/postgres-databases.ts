import { randomBytes } from 'node:crypto'
import { Client } from 'pg'

/** Runs `work` with a connection to the database at `url`, and closes it. */
export async function withClient<Result>(
  url: string,
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  // A server that goes away under an idle client says so here; whoever waits for a query hears it there.
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Makes an empty database, its name beginning with `prefix`, on the server at `serverUrl`, and returns its address. */
export async function createDatabase(serverUrl: string, prefix = 'rostrum_test_'): Promise<string> {
  const name = `${prefix}${randomBytes(8).toString('hex')}`
  await withClient(serverUrl, (client) => client.query(`create database "${name}" template template0`))
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}

/** Removes all databases whose names begin with `prefix`, whoever is connected to them. */
export async function dropDatabases(serverUrl: string, prefix: string): Promise<void> {
  await withClient(serverUrl, async (client) => {
    const { rows } = await client.query<{ datname: string }>(
      'select datname from pg_database where starts_with(datname, $1)',
      [prefix],
    )
    for (const { datname } of rows) await client.query(`drop database if exists "${datname}" with (force)`)
  })
}
