import { describe, expect, it } from 'vitest'
import { lookOf, textWidth } from '../../src/cli/look.ts'
import { createPalette } from '../../src/cli/palette.ts'
import { type Column, tableText } from '../../src/cli/table.ts'
import { hang, widthOf, wrap } from '../../src/cli/wrap.ts'

const plain = createPalette({}, {})
const colours = createPalette({ isTTY: true }, {})
const columns: readonly Column[] = [
  { head: 'server' },
  { head: 'tools', isFigure: true },
  { head: 'id', isWhole: true, isOptional: true },
  { head: '' },
]
const rows = [
  ['filesystem', '14', 'f'.repeat(32), ''],
  [
    'ファイル-server-of-the-office',
    '1,234',
    '0'.repeat(32),
    'cannot start: /home/somebody/projects/thing/index.js was not found 👩‍👩‍👧 anywhere',
  ],
]

describe('a table', () => {
  it.each([60, 80, 120, 200])('fits %d columns, with and without colours', (width) => {
    for (const palette of [plain, colours]) {
      const lines = tableText(columns, rows, { width, palette }).trimEnd().split('\n')
      for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(width)
      // Bars stand below each other, also beside wide characters.
      const bars = lines.filter((line) => line.includes('│')).map((line) => widthOf(line.split('│')[0] ?? ''))
      expect(new Set(bars).size).toBe(1)
    }
  })

  it('leaves out what may be left out, and says so', () => {
    expect(tableText(columns, rows, { width: 60, palette: plain })).toContain('no room for: id (see --json)')
    expect(tableText(columns, rows, { width: 200, palette: plain })).toContain('f'.repeat(32))
  })

  it('becomes blocks where no column can be left out', () => {
    const text = tableText([{ head: 'key', isWhole: true }, { head: 'text' }], [['k'.repeat(70), 'words here']], {
      width: 60,
      palette: plain,
    })
    expect(text).toMatch(/^key {3}k+\n {6}k+\ntext {2}words here\n$/)
  })
})

describe('lines', () => {
  it('break at spaces, then behind the signs of paths, then anywhere', () => {
    expect(wrap('read /home/somebody/file.ts now', 16)).toEqual(['read /home/', 'somebody/file.ts', 'now'])
    expect(wrap('x'.repeat(9), 4)).toEqual(['xxxx', 'xxxx', 'x'])
    expect(wrap('日本語日本語', 6)).toEqual(['日本語', '日本語'])
    expect(wrap('👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 4)).toEqual(['👩‍👩‍👧👩‍👩‍👧', '👩‍👩‍👧'])
    expect(wrap('a\n\nb', 10)).toEqual(['a', '', 'b'])
    expect(hang('fix: ', 'one two three', 12)).toBe('one two\n     three')
  })

  it('lose nothing', () => {
    const text = 'cannot reach https://example.com/a/b?c=d&e=f: 証明書が無効です (CERT_HAS_EXPIRED)'
    for (const width of [1, 2, 7, 13, 40, 200])
      expect(wrap(text, width).join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''))
  })
})

describe('the width', () => {
  const width = (stdout: object, env: Record<string, string> = {}): number =>
    lookOf({ stdout: stdout as never, env }).width
  it('is that of the terminal, else COLUMNS, else 80', () => {
    expect(width({ isTTY: true, columns: 133 }, { COLUMNS: '60' })).toBe(133)
    expect(width({}, { COLUMNS: '60' })).toBe(60)
    expect(width({}, { COLUMNS: 'many' })).toBe(80)
    expect(width({})).toBe(80)
    expect(width({ isTTY: true, columns: 0 })).toBe(80)
    expect(textWidth({ stdout: {} as never, env: {} })).toBe(Number.POSITIVE_INFINITY)
  })
})
