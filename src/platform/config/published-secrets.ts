/**
 * Placeholder secrets that appear in this project's files, including earlier releases. They are public, so a token
 * signed with one proves nothing. `test/platform/config/published-secrets.unit` detects values missing here.
 */
const PUBLISHED: ReadonlySet<string> = new Set(['change-me', 'change-me-to-at-least-32-random-bytes'])

/** Common placeholders for a secret to be filled in later. */
const PLACEHOLDER =
  /^(?:change|replace|choose|insert|set)-?(?:me|this|one)(?![a-z0-9])|^(?:your|my)-?(?:jwt-?)?secret(?![a-z0-9])|^<.*>$/

/** Whether `value` is a placeholder that this project published, or reads like one. */
export function isPublishedSecret(value: string): boolean {
  const text = value
    .trim()
    .toLowerCase()
    .replace(/^whsec_/, '')
    .replace(/[_ ]/g, '-')
  return PUBLISHED.has(text) || PLACEHOLDER.test(text)
}

/** The passwords in a URL: the one before the host, and those in the query. */
export function passwordsIn(address: string): readonly string[] {
  const url = URL.parse(address)
  if (url === null) return []
  const [own, ...others] = [url.password, ...url.searchParams.getAll('password')]
  return [decoded(own), ...others].filter((password) => password !== '')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
