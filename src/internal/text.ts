const HOST_PATH =
  /(?:file:\/\/)?(?:\/(?:home|root|Users|tmp|var|usr|opt|etc|work|mnt|srv|private|app)\/[^\s'"`)<>\]]*|[A-Za-z]:\\[^\s'"`)<>\]]*)/g
// Control characters except tab and newline, line separators, bidirectional controls, tag characters.
const UNSAFE =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]|[\u{e0000}-\u{e007f}]/gu

/** Replaces characters that can hide or reorder text (control, bidirectional, tag characters) by U+FFFD. */
export function cleanText(text: string): string {
  return text.replace(UNSAFE, '\ufffd')
}

/** Text that may reach a model: cleaned, without host paths, at most `maxChars` characters. */
export function modelText(text: string, maxChars = 2_000): string {
  return clip(cleanText(text.slice(0, maxChars * 4)).replace(HOST_PATH, '<path>'), maxChars)
}

/** Cuts to `maxChars` characters, on a word where one is near, and marks the cut. */
export function clip(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text
  const cut = text.slice(0, maxChars - 1)
  const space = cut.lastIndexOf(' ')
  return `${space > maxChars * 0.7 ? cut.slice(0, space) : cut}…`
}

/** The message of anything thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
