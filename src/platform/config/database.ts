import { type Secret, secret } from './secret.ts'
import { readSecretAddress } from './secret-address.ts'
import { createVariables, type Variables } from './variables.ts'

export type DatabaseConfig =
  | { readonly kind: 'postgres'; readonly url: Secret }
  | { readonly kind: 'embedded'; readonly directory: string }

export function readDatabase(variables: Variables, name = 'DATABASE_URL'): DatabaseConfig {
  const url = readSecretAddress(variables, name, ['postgres:', 'postgresql:'])
  return url === undefined
    ? { kind: 'embedded', directory: variables.text('DATA_DIR') ?? './.data' }
    : { kind: 'postgres', url: secret(url) }
}

/** The database for `npm run migrate`, or the problems of the variables that name it. */
export function readMigration(
  env: Readonly<Record<string, string | undefined>>,
):
  | { readonly kind: 'ok'; readonly database: DatabaseConfig }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] } {
  const variables = createVariables(env)
  const own = 'MIGRATION_DATABASE_URL'
  const database = readDatabase(variables, variables.text(own) === undefined ? 'DATABASE_URL' : own)
  const problems = variables.problems()
  return problems.length === 0 ? { kind: 'ok', database } : { kind: 'invalid', problems }
}
