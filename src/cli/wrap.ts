import stringWidth from 'string-width'

/** Lines of at most `width` columns: broken at spaces, long words behind the signs that part them, else where it must be. */
export function wrap(text: string, width: number): string[] {
  const least = Math.max(width, 2)
  return text.split('\n').flatMap((line) => wrapLine(line, least))
}

/** Columns that a text takes on a terminal. */
export function widthOf(text: string): number {
  return stringWidth(text)
}

/** The beginning of a line that fits `width` columns. */
export function cut(line: string, width: number): string {
  return widthOf(line) <= width ? line : (piecesOf(line, width)[0] ?? '')
}

/** Text behind a label; further lines stand under the first one's text. */
export function hang(label: string, text: string, width: number): string {
  const indent = widthOf(label)
  return wrap(text, width - indent)
    .map((line, index) => (index === 0 ? '' : ' '.repeat(indent)) + line)
    .join('\n')
}

function wrapLine(line: string, width: number): string[] {
  if (widthOf(line) <= width) return [line]
  const lines: string[] = []
  let current = ''
  const put = (piece: string, glue: string): void => {
    const joined = current === '' ? piece : current + glue + piece
    if (widthOf(joined) <= width) current = joined
    else {
      if (current !== '') lines.push(current)
      current = piece
    }
  }
  for (const word of line.split(' ')) {
    if (widthOf(word) <= width) put(word, ' ')
    else partsOf(word, width).forEach((part, index) => put(part, index === 0 ? ' ' : ''))
  }
  return current === '' ? lines : [...lines, current]
}

/** A long word in pieces that fit: paths and addresses behind their signs, other words between two characters. */
function partsOf(word: string, width: number): string[] {
  const parts = word.match(/[^/\\.,:;=&?#_@-]*[/\\.,:;=&?#_@-]+|[^/\\.,:;=&?#_@-]+/g) ?? [word]
  return parts.flatMap((part) => (widthOf(part) <= width ? [part] : piecesOf(part, width)))
}

function piecesOf(part: string, width: number): string[] {
  const pieces: string[] = []
  let piece = ''
  for (const { segment } of new Intl.Segmenter().segment(part)) {
    if (piece !== '' && widthOf(piece + segment) > width) {
      pieces.push(piece)
      piece = ''
    }
    piece += segment
  }
  return piece === '' ? pieces : [...pieces, piece]
}
