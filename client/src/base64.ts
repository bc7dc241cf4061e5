const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Decodes base64url as UTF-8. Written by hand: some Hermes versions lack `atob` and TextDecoder. Throws URIError. */
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
