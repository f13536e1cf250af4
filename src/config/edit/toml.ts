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
    let offset = 0
    for (const line of text.split(/(?<=\n)/)) {
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
  for (const line of text.split(/(?<=\n)/)) {
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
  return { own: own.join(''), others: [...kept, ...tail].join('') }
}

const HEADER = /^[ \t]*\[{1,2}[ \t]*((?:[^\]"']|"[^"]*"|'[^']*')+?)[ \t]*\]{1,2}[ \t]*(?:#.*)?\r?\n?$/

const KEY = /^[ \t]*([^=#]+?)[ \t]*=/

function keysOf(header: string): string[] {
  return [...header.matchAll(/"([^"]*)"|'([^']*)'|([\w-]+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  )
}

function begins(keys: readonly string[], path: readonly string[]): boolean {
  return path.every((key, index) => keys[index] === key)
}
