import { stringify } from 'smol-toml'
import { type Editor, lineEndOf } from './edit.ts'

/** TOML is added to at its end, as tables: what stands there keeps its form. */
export const tomlEditor: Editor = {
  put(text, path, name, entry) {
    const value = [...path, name].toReversed().reduce<object>((made, key) => ({ [key]: made }), entry)
    return appended(tomlEditor.remove(text, path, name), stringify(value).trimEnd())
  },
  putText(text, _path, _name, entry) {
    return appended(text, entry.trimEnd())
  },
  remove(text, path, name) {
    return apart(text, [...path, name]).others
  },
  textOf(text, path, name) {
    const { own } = apart(text, [...path, name])
    return own === '' ? undefined : own
  },
  offsetOf(text, path) {
    let offset = text.startsWith(MARK) ? 1 : 0
    for (const line of statements(text)) {
      const key = HEADER.exec(line)?.[1] ?? KEY.exec(line)?.[1]
      if (key !== undefined && begins(keysOf(key), path)) return offset
      offset += line.length
    }
    return undefined
  },
}

function appended(text: string, tables: string): string {
  const end = lineEndOf(text)
  const gap = text === '' || text.endsWith('\n') ? '' : end
  return `${text}${gap}${end}${tables.split(/\r?\n/).join(end)}${end}`
}

/** The tables of a path, and all the rest. */
function apart(text: string, path: readonly string[]): { readonly own: string; readonly others: string } {
  const own: string[] = []
  const kept: string[] = []
  // Comments and blank lines at the end of our table: they may belong to the next one.
  let tail: string[] = []
  let isOurs = false
  let table: readonly string[] = []
  for (const line of statements(text)) {
    const header = HEADER.exec(line)?.[1]
    const wasOurs = isOurs
    if (header !== undefined) {
      table = keysOf(header)
      isOurs = begins(table, path)
    }
    // An entry on a line of its own: `name = { … }` in the table of entries, or `table.name.key = …`.
    const key = isOurs || header !== undefined ? undefined : KEY.exec(line)?.[1]
    if (key !== undefined && begins([...table, ...keysOf(key)], path)) {
      own.push(line)
      continue
    }
    if (isOurs) {
      if (!wasOurs && kept.at(-1)?.trim() === '') kept.pop()
      const mayBeOfNext = /^\s*(?:#|$)/.test(line)
      if (!mayBeOfNext) own.push(...tail)
      tail = mayBeOfNext ? [...tail, line] : []
      if (!mayBeOfNext) own.push(line)
      continue
    }
    kept.push(...tail, line)
    tail = []
  }
  return { own: own.join(''), others: [text.startsWith(MARK) ? MARK : '', ...kept, ...tail].join('') }
}

const HEADER = /^[ \t]*\[{1,2}[ \t]*((?:[^\]"']|"(?:[^"\\]|\\.)*"|'[^']*')+?)[ \t]*\]{1,2}[ \t]*(?:#.*)?\r?\n?$/

const KEY = /^[ \t]*((?:[^="'#[]|"(?:[^"\\]|\\.)*"|'[^']*')+?)[ \t]*=/

function keysOf(header: string): string[] {
  return [...header.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|([\w-]+)/g)].map(([, double, single, bare]) =>
    double === undefined ? (single ?? bare ?? '') : unescaped(double),
  )
}

/** Escapes that JSON does not know stay: such a key is not found, and its file is refused. */
function unescaped(text: string): string {
  try {
    return String(JSON.parse(`"${text}"`))
  } catch {
    return text
  }
}

/** What opens or closes a value or ends a line, and whatever may hold such a sign as text: comments and strings. */
const TOKEN = /#[^\n]*|"""(?:[^\\]|\\[^])*?"{3,5}|'''[^]*?'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[[\]{}\n]/g

/** May stand before the text of a file, and belongs to no line. */
const MARK = '\ufeff'

/** The lines of a text, those of one value together: a string or a list may stand on several. */
function statements(text: string): string[] {
  const found: string[] = []
  let start = text.startsWith(MARK) ? 1 : 0
  let depth = 0
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token === '[' || token === '{') depth++
    else if (token === ']' || token === '}') depth--
    else if (token === '\n' && depth === 0) {
      found.push(text.slice(start, index + 1))
      start = index + 1
    }
  }
  return start < text.length ? [...found, text.slice(start)] : found
}

function begins(keys: readonly string[], path: readonly string[]): boolean {
  return path.every((key, index) => keys[index] === key)
}
