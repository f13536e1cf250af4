import { longHash } from './hash.ts'

/** Another number when what is kept changes its form: older text then counts as none. */
const FORMAT = 'mcp-optimizer 2'
const HEAD_CHARS = FORMAT.length + 1 + 43 + 1

/** Text with its format and checksum before it, so that what is torn, damaged or somebody else's is recognised. */
export function seal(text: string): string {
  return `${FORMAT} ${longHash(text)}\n${text}`
}

/** The text that was sealed; undefined for anything that is not whole. */
export function unseal(sealed: string): string | undefined {
  if (!sealed.startsWith(FORMAT)) return undefined
  const text = sealed.slice(HEAD_CHARS)
  return sealed === seal(text) ? text : undefined
}
