/** A line of a server without what is no part of a message: a byte order mark, NUL bytes, space around it. */
export function cleanLine(line: string): string {
  const isClean = line.charCodeAt(0) !== BYTE_ORDER_MARK && !line.includes('\0')
  return (isClean ? line : line.replace(/^\ufeff|\0/g, '')).trim()
}

const BYTE_ORDER_MARK = 0xfe_ff
