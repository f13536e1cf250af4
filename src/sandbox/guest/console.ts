import type { GuestTools } from './guest-tools.ts'

/** The methods of `console` by name, as Node.js has them; values are shown as JSON. */
export function createConsole({ print, show }: GuestTools): Record<string, (...values: unknown[]) => void> {
  const MAX_VALUES = 20
  const MAX_ROWS = 200
  const MAX_COLUMNS = 30
  const clock = Date.now
  const counts = new Map<string, number>()
  const times = new Map<string, number>()
  let indent = ''

  const number = (value: unknown, convert: (value: string) => number): string => {
    if (typeof value === 'bigint') return `${value}n`
    if (typeof value === 'symbol') return 'NaN'
    const found = convert(value as string)
    return Object.is(found, -0) ? '-0' : String(found)
  }
  const json = (value: unknown): string => {
    try {
      return JSON.stringify(value) ?? 'undefined'
    } catch {
      return show(value)
    }
  }
  const formats: Readonly<Record<string, (value: unknown) => string>> = {
    s: (value) => (typeof value === 'bigint' ? `${value}n` : Object.is(value, -0) ? '-0' : show(value)),
    d: (value) => number(value, Number),
    i: (value) => (typeof value === 'bigint' ? `${value}n` : number(value, (text: string) => parseInt(text, 10))),
    f: (value) => (typeof value === 'symbol' ? 'NaN' : number(parseFloat(value as string), Number)),
    j: json,
    o: show,
    O: show,
    c: () => '',
  }

  const format = (values: readonly unknown[]): string => {
    const [first] = values
    let used = 1
    let line = values.length === 0 ? '' : show(first)
    if (typeof first === 'string' && values.length > 1) {
      line = first.replace(/%([sdifjoOc%])/g, (mark, letter: string) => {
        if (letter === '%') return '%'
        if (used >= values.length) return mark
        return formats[letter]?.(values[used++]) ?? mark
      })
    }
    for (; used < values.length && used < MAX_VALUES; used++) line += ` ${show(values[used])}`
    return line
  }
  const write = (level: string, line: string): void =>
    print(
      (level === 'log' ? '' : `${level}: `) + indent + (indent === '' ? line : line.replaceAll('\n', `\n${indent}`)),
    )
  const writer =
    (level: string) =>
    (...values: unknown[]): void =>
      write(level, format(values))
  const label = (value: unknown): string => (value === undefined ? 'default' : String(value))

  // ---- tables ------------------------------------------------------------------------------------------------

  const rowsOf = (data: object): [string, unknown][] => {
    if (data instanceof Map) return [...data].map(([Key, Values], i) => [String(i), { Key, Values }])
    if (data instanceof Set) return [...data].map((value, i) => [String(i), value])
    return Object.entries(data)
  }
  const table = (data: unknown, wanted?: unknown): void => {
    if (typeof data !== 'object' || data === null) return write('log', format([data]))
    const rows = rowsOf(data)
    const shown = rows.slice(0, MAX_ROWS)
    const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
    const names: unknown[] = Array.isArray(wanted)
      ? wanted
      : shown.flatMap(([, row]) => (isObject(row) ? Object.keys(row) : []))
    const columns = [...new Set(names.map(String))].slice(0, MAX_COLUMNS)
    const hasValues = shown.some(([, row]) => !isObject(row))
    const head = ['(index)', ...columns, ...(hasValues ? ['Values'] : [])]
    const cell = (row: unknown, name: string): string =>
      isObject(row) && Object.hasOwn(row, name) ? show((row as Record<string, unknown>)[name]) : ''
    const lines = shown.map(([key, row]) => [
      key,
      ...columns.map((name) => cell(row, name)),
      ...(hasValues ? [isObject(row) ? '' : show(row)] : []),
    ])
    const widths = head.map((name, i) =>
      Math.max(...[name, ...lines.map((line) => line[i] ?? '')].map((text) => [...text].length)),
    )
    const draw = (cells: readonly string[]): string =>
      `| ${cells.map((text, i) => text + ' '.repeat((widths[i] ?? 0) - [...text].length)).join(' | ')} |`
    const ruler = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`
    const rest = rows.length > shown.length ? [`… ${rows.length - shown.length} more rows`] : []
    write('log', [draw(head), ruler, ...lines.map(draw), ...rest].join('\n'))
  }

  // ---- time --------------------------------------------------------------------------------------------------

  const timed = (name: unknown, values: readonly unknown[], isOver: boolean): void => {
    const key = label(name)
    const start = times.get(key)
    if (start === undefined) return write('warn', `No such label '${key}' for console.time${isOver ? 'End' : 'Log'}()`)
    if (isOver) times.delete(key)
    write('log', [`${key}: ${clock() - start}ms`, ...values.map(show)].join(' '))
  }
  const group = (...values: unknown[]): void => {
    if (values.length > 0) write('log', format(values))
    if (indent.length < 40) indent += '  '
  }

  return {
    log: writer('log'),
    info: writer('info'),
    warn: writer('warn'),
    error: writer('error'),
    debug: writer('debug'),
    trace: writer('debug'),
    dir: (value) => write('log', show(value)),
    dirxml: writer('log'),
    table,
    group,
    groupCollapsed: group,
    groupEnd: () => {
      indent = indent.slice(2)
    },
    time: (name) => {
      const key = label(name)
      if (times.has(key)) write('warn', `Label '${key}' already exists for console.time()`)
      else times.set(key, clock())
    },
    timeEnd: (name) => timed(name, [], true),
    timeLog: (name, ...values) => timed(name, values, false),
    timeStamp: () => undefined,
    profile: () => undefined,
    profileEnd: () => undefined,
    count: (name) => {
      const key = label(name)
      counts.set(key, (counts.get(key) ?? 0) + 1)
      write('log', `${key}: ${counts.get(key)}`)
    },
    countReset: (name) => {
      if (!counts.delete(label(name))) write('warn', `Count for '${label(name)}' does not exist`)
    },
    assert: (condition, ...values) => {
      if (condition) return
      const [first] = values
      if (typeof first === 'string') write('error', format([`Assertion failed: ${first}`, ...values.slice(1)]))
      else write('error', values.length === 0 ? 'Assertion failed' : format(['Assertion failed', ...values]))
    },
    clear: () => undefined,
  }
}
