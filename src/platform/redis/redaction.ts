/**
 * Returns a function that removes the password in `url` from a text: servers quote unknown commands, AUTH among them.
 * Throws, without showing the URL, unless it begins with `redis://` or `rediss://`.
 */
export function createRedaction(url: string): (text: string) => string {
  const parsed = URL.parse(url)
  if (parsed === null || !/^rediss?:$/.test(parsed.protocol)) {
    throw new Error('The Redis URL must begin with redis:// or rediss://')
  }
  const { password, searchParams } = parsed
  const secrets = [decoded(password), password, searchParams.get('password') ?? ''].filter(
    (secret) => secret !== '',
  )
  return (text) => secrets.reduce((shown, secret) => shown.replaceAll(secret, '…'), text)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

export function messageOf(fault: unknown): string {
  return fault instanceof Error && fault.message !== '' ? fault.message : String(fault)
}
