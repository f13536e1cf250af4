import { isMap, isNode, isPair, isScalar, type Pair, parseDocument, stringify, type YAMLMap } from 'yaml'
import { type Editor, lineEndOf, lineStart, spliced } from './edit.ts'

/** YAML; entries come first in their map, above comments that belong to others. */
export const yamlEditor: Editor = {
  put(text, path, name, entry) {
    const shorter = yamlEditor.remove(text, path, name)
    const { map, rest, pair } = reach(shorter, path)
    const end = lineEndOf(text)
    if (rest.length > 0) {
      if (map !== undefined && map.flow === true) return text
      const gap = shorter === '' || shorter.endsWith('\n') ? '' : end
      return `${shorter}${gap}${block({ [rest[0] ?? '']: { [name]: entry } }, '', end)}`
    }
    if (map === undefined) return text
    if (map.flow === true) {
      const start = (map.range?.[0] ?? 0) + 1
      const more = map.items.length === 0 ? '' : ', '
      return spliced(shorter, start, start, `${JSON.stringify(name)}: ${JSON.stringify(entry)}${more}`)
    }
    return putFirst(shorter, map, pair, (indent) => block({ [name]: entry }, indent, end))
  },
  putText(text, path, name, entry) {
    const { map, rest, pair } = reach(text, path)
    if (map === undefined || rest.length > 0) return text
    if (map.flow !== true) return putFirst(text, map, pair, (indent) => shifted(entry, indent, lineEndOf(text)))
    const start = (map.range?.[0] ?? 0) + 1
    return spliced(text, start, start, `${JSON.stringify(name)}: ${entry}${map.items.length === 0 ? '' : ', '}`)
  },
  remove(text, path, name) {
    const { map, rest } = reach(text, path)
    const index =
      rest.length > 0 ? -1 : (map?.items.findIndex((item) => isScalar(item.key) && item.key.value === name) ?? -1)
    const pair = map?.items[index]
    const range = keyRange(pair)
    if (map === undefined || pair === undefined || range === undefined) return text
    if (map.flow === true) return withoutFlow(text, map, index)
    const start = lineStart(text, range[0])
    const shorter = spliced(text, start, blockEnd(text, range[0]), '')
    if (map.items.length > 1) return shorter
    const before = text.slice(0, start).replace(/\r?\n$/, '')
    return `${before} {}${text.slice(before.length, start)}${shorter.slice(start)}`
  },
  textOf(text, path, name) {
    const { map, rest } = reach(text, path)
    const pair = map?.items.find((item) => isScalar(item.key) && item.key.value === name)
    const range = keyRange(pair)
    if (rest.length > 0 || map === undefined || pair === undefined || range === undefined) return undefined
    if (map.flow !== true) return text.slice(lineStart(text, range[0]), blockEnd(text, range[0]))
    const value = isNode(pair.value) ? pair.value.range : undefined
    return value === undefined || value === null ? undefined : text.slice(value[0], value[1])
  },
  offsetOf(text, path) {
    const { rest, pair } = reach(text, path)
    return rest.length > 0 ? undefined : keyRange(pair)?.[0]
  },
}

/** Above the first entry of a block map, at the indentation of that entry. */
function putFirst(text: string, map: YAMLMap, pair: Pair | undefined, write: (indent: string) => string): string {
  const key = keyRange(map.items[0])?.[0] ?? 0
  const place = text.indexOf('\n', keyRange(pair)?.[1] ?? 0) + 1
  return spliced(text, place, place, write(text.slice(lineStart(text, key), key)))
}

/** Lines of a block moved to an indentation. */
function shifted(lines: string, indent: string, end: string): string {
  const depth = /^ */.exec(lines)?.[0].length ?? 0
  return lines
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => (line.trim() === '' ? end : `${indent}${line.slice(depth)}${end}`))
    .join('')
}

/** The map at a path with the pair that holds it, or the last map on the way with the keys that are missing. */
function reach(
  text: string,
  path: readonly string[],
): { map: YAMLMap | undefined; rest: readonly string[]; pair: Pair | undefined } {
  const contents: unknown = parseDocument(text).contents
  let map: YAMLMap | undefined = isMap(contents) ? contents : undefined
  let pair: Pair | undefined
  if (contents !== null && map === undefined) return { map, rest: [], pair }
  for (const [index, key] of path.entries()) {
    const found: unknown = map?.items.find((item) => isScalar(item.key) && item.key.value === key)
    if (!isPair(found)) return { map, rest: path.slice(index), pair }
    pair = found
    map = isMap(found.value) ? found.value : undefined
  }
  return { map, rest: [], pair }
}

function keyRange(pair: Pair | undefined): readonly [number, number, number] | undefined {
  return isScalar(pair?.key) ? (pair.key.range ?? undefined) : undefined
}

function block(value: object, indent: string, end: string): string {
  const lines = stringify(value, { lineWidth: 0 }).trimEnd().split('\n')
  return lines.map((line) => `${indent}${line}${end}`).join('')
}

/** Where the lines of a key in a block map end: at the next line that is not deeper, blank lines before it not counted. */
function blockEnd(text: string, key: number): number {
  const start = lineStart(text, key)
  const depth = key - start
  let end = start
  let at = start
  for (const [index, line] of text
    .slice(start)
    .split(/(?<=\n)/)
    .entries()) {
    const isBlank = line.trim() === ''
    if (index > 0 && !isBlank && line.search(/\S/) <= depth) return end
    at += line.length
    if (!isBlank) end = at
  }
  return end
}

function withoutFlow(text: string, map: YAMLMap, index: number): string {
  const startOf = (at: number): number | undefined => keyRange(map.items[at])?.[0]
  const start = startOf(index) ?? 0
  const next = startOf(index + 1)
  if (next !== undefined) return spliced(text, start, next, '')
  const end = (map.range?.[1] ?? 0) - 1
  const comma = index > 0 ? text.lastIndexOf(',', start) : start
  return spliced(text, comma, end, '')
}
