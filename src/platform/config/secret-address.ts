import { isPublishedSecret, passwordsIn } from './published-secrets.ts'
import type { Variables } from './variables.ts'

export function refusePublished(variables: Variables, name: string, values: readonly string[]): void {
  if (values.some(isPublishedSecret)) {
    variables.refuse(name, 'contains a publicly known placeholder', 'a secret of your own')
  }
}

/** A URL that may contain a password, which must not be one that this project published. */
export function readSecretAddress(
  variables: Variables,
  name: string,
  protocols: readonly string[],
): string | undefined {
  const address = variables.address(name, protocols)
  if (address !== undefined) refusePublished(variables, name, passwordsIn(address))
  return address
}
