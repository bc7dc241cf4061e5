const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The UTF-8 text in `encoded` (base64url). By hand, since Hermes has neither `atob` nor TextDecoder everywhere. Throws URIError. */
export function textOfBase64(encoded: string): string {
  let [bits, count, escaped] = [0, 0, '']
  for (const letter of encoded.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')) {
    bits = ((bits << 6) | ALPHABET.indexOf(letter)) & 0xffff
    count += 6
    if (count < 8) continue
    count -= 8
    escaped += `%${((bits >> count) & 0xff).toString(16).padStart(2, '0')}`
  }
  return decodeURIComponent(escaped)
}
