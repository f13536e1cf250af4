/** The data in a text: what its first JSON holds, the rows of its first Markdown table. */
export interface TextData {
  /** Undefined when there is none. */
  json(text: string): unknown
  /** One object a row, cells by header; undefined when there is none. */
  table(text: string): Record<string, string>[] | undefined
  /** JSON text in which integers that a number cannot hold are texts, as in all values. */
  exact(text: string): string
}

/**
 * Makes the readers of data in text. Its source text is sent into sandboxes, where programs read with it: it must
 * refer to nothing outside itself. Linear in the text, bounded in rows, columns and attempts.
 */
export function createTextData(): TextData {
  const MAX_CHARS = 2_000_000
  const MAX_LINE_CHARS = 20_000
  const MAX_ATTEMPTS = 50
  const MAX_ROWS = 10_000
  const MAX_COLUMNS = 100
  const { parse } = JSON

  const isDigit = (code: number): boolean => code >= 48 && code <= 57

  /** True where 16 digits stand in a row: of so many one is at a place that 16 divides, and few places are looked at. */
  const hasLongNumber = (text: string): boolean => {
    for (let at = 15; at < text.length; at += 16) {
      if (!isDigit(text.charCodeAt(at))) continue
      let count = 1
      for (let before = at - 1; count < 16 && isDigit(text.charCodeAt(before)); before--) count++
      for (let after = at + 1; count < 16 && isDigit(text.charCodeAt(after)); after++) count++
      if (count >= 16) return true
    }
    return false
  }

  const exact = (text: string): string =>
    hasLongNumber(text)
      ? text.replace(/"(?:[^"\\]|\\.)*(?:"|$)|-?\d[\d.eE+-]*/g, (token) =>
          /^-?[1-9]\d{15,}$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token,
        )
      : text

  /** A value that is an object or a list; undefined for all other text. */
  const parsed = (text: string): unknown => {
    const start = text.trimStart()[0]
    if (start !== '{' && start !== '[') return undefined
    try {
      return parse(exact(text), (key, value: unknown) => (key === '__proto__' ? undefined : value)) as unknown
    } catch {
      return undefined
    }
  }

  const isFence = (line: string): boolean => line.startsWith('```') || line.startsWith('~~~')

  /** The first fenced block that holds JSON. */
  const fencedJson = (lines: readonly string[]): unknown => {
    let attempts = 0
    let start = -1
    for (let index = 0; index < lines.length && attempts < MAX_ATTEMPTS; index++) {
      if (!isFence((lines[index] ?? '').trim())) continue
      if (start < 0) {
        start = index
        continue
      }
      attempts++
      const value = parsed(lines.slice(start + 1, index).join('\n'))
      if (value !== undefined) return value
      start = -1
    }
    return undefined
  }

  const looksLikeJson = (line: string): boolean => line.startsWith('{') || line.startsWith('[')

  const jsonLines = (lines: readonly string[]): unknown[] | undefined => {
    const values: unknown[] = []
    for (let index = 0; index < lines.length; index++) {
      const value = parsed(lines[index] ?? '')
      if (value === undefined) return undefined
      values.push(value)
    }
    return values.length > 1 ? values : undefined
  }

  /** All that follows from a line on: one value, a value a line, or the value of its first paragraph. */
  const plainJson = (lines: readonly string[]): unknown => {
    const start = lines.findIndex(looksLikeJson)
    if (start < 0) return undefined
    const rest = lines.slice(start)
    const whole = parsed(rest.join('\n'))
    if (whole !== undefined) return whole
    const end = rest.findIndex((line) => line.trim() === '')
    const paragraph = end < 0 ? rest : rest.slice(0, end)
    return jsonLines(paragraph) ?? parsed(paragraph.join('\n'))
  }

  const cellsOf = (line: string): string[] => {
    const cells: string[] = []
    let cell = ''
    for (let index = 0; index < line.length; index++) {
      const char = line[index] ?? ''
      if (char === '\\' && line[index + 1] === '|') {
        cell += '|'
        index++
      } else if (char === '|') {
        cells.push(cell.trim())
        cell = ''
      } else cell += char
    }
    cells.push(cell.trim())
    if (cells[0] === '') cells.shift()
    if (cells.length > 0 && cells[cells.length - 1] === '') cells.pop()
    return cells
  }

  const isRule = (line: string): boolean => {
    if (line.length > MAX_LINE_CHARS || !line.includes('-') || !line.includes('|')) return false
    const cells = cellsOf(line)
    return cells.length > 0 && cells.every((cell) => /^:?-+:?$/.test(cell))
  }

  const named = (headers: readonly string[]): string[] => {
    const names: string[] = []
    for (const header of headers) {
      const plain = header.replace(/^[*_`]+|[*_`]+$/g, '') || `column${names.length + 1}`
      let name = plain === '__proto__' ? 'proto' : plain
      for (let count = 2; names.includes(name); count++) name = `${plain} ${count}`
      names.push(name)
    }
    return names
  }

  const linesOf = (text: string): string[] | undefined =>
    text.length > MAX_CHARS ? undefined : text.replaceAll('\r\n', '\n').split('\n')

  return {
    exact,
    json(text) {
      if (!text.includes('{') && !text.includes('[')) return undefined
      const lines = linesOf(text)
      return lines === undefined ? undefined : (fencedJson(lines) ?? plainJson(lines))
    },
    table(text) {
      if (!text.includes('|') || !text.includes('-')) return undefined
      const lines = linesOf(text) ?? []
      for (let index = 1; index < lines.length; index++) {
        const header = lines[index - 1] ?? ''
        if (!isRule(lines[index] ?? '') || !header.includes('|') || header.length > MAX_LINE_CHARS) continue
        const names = named(cellsOf(header).slice(0, MAX_COLUMNS))
        if (names.length === 0) continue
        const rows: Record<string, string>[] = []
        for (let at = index + 1; at < lines.length && rows.length < MAX_ROWS; at++) {
          const line = lines[at] ?? ''
          if (!line.includes('|') || line.length > MAX_LINE_CHARS) break
          const cells = cellsOf(line)
          const row: Record<string, string> = {}
          for (let column = 0; column < names.length; column++) row[names[column] ?? ''] = cells[column] ?? ''
          rows.push(row)
        }
        return rows
      }
      return undefined
    },
  }
}
