import { createScanner, type Node, parseTree, type SyntaxKind } from 'jsonc-parser'
import { type Editor, indentOf, lineEndOf, lineStart, spliced } from './edit.ts'

/** JSON with comments and trailing commas. */
export const jsonEditor: Editor = {
  put(text, path, name, entry) {
    const source = text.trim() === '' ? `${text.startsWith(MARK) ? MARK : ''}{}${lineEndOf(text)}` : text
    const { node, rest } = reach(source, path)
    if (node?.type !== 'object') return text
    const [first, ...inner] = [...rest, name]
    const value = inner.toReversed().reduce<object>((made, key) => ({ [key]: made }), entry)
    return insert(source, node, first ?? name, (indent) =>
      indent === undefined ? JSON.stringify(value) : written(value, source, indent),
    )
  },
  putText(text, path, name, entry) {
    const { node, rest } = reach(text, path)
    return rest.length > 0 || node?.type !== 'object' ? text : insert(text, node, name, () => entry)
  },
  remove(text, path, name) {
    let current = text
    for (;;) {
      const { node, rest } = reach(current, path)
      const properties = rest.length === 0 && node?.type === 'object' ? (node.children ?? []) : []
      const index = properties.findLastIndex((property) => keyOf(property) === name)
      if (node === undefined || index < 0) return current
      current = without(current, node, properties, index)
    }
  },
  textOf(text, path, name) {
    const { node, rest } = reach(text, [...path, name])
    return node === undefined || rest.length > 0 ? undefined : text.slice(node.offset, endOf(node))
  },
  offsetOf(text, path) {
    const { node, rest } = reach(text, path)
    return rest.length > 0 ? undefined : node?.offset
  },
}

/** Of UTF-8; for JavaScript it is white space. */
const MARK = '\ufeff'

/** Writes the value of an entry at an indentation, or on the line where it stands. */
type Render = (indent: string | undefined) => string

/** The object at a path, or the last one on the way to it with the keys that are missing. */
function reach(text: string, path: readonly string[]): { node: Node | undefined; rest: readonly string[] } {
  let node = parseTree(text, [], { allowTrailingComma: true })
  for (const [index, key] of path.entries()) {
    const property = node?.children?.findLast((child) => keyOf(child) === key)
    const value = property?.children?.[1]
    if (value === undefined) return { node, rest: path.slice(index) }
    node = value
  }
  return { node, rest: [] }
}

function keyOf(property: Node): unknown {
  return property.type === 'property' ? property.children?.[0]?.value : undefined
}

function insert(text: string, object: Node, key: string, render: Render): string {
  const properties = object.children ?? []
  const known = properties.findLast((property) => keyOf(property) === key)?.children?.[1]
  const last = properties.at(-1)
  if (known !== undefined) {
    const indent = /^\s*/.exec(text.slice(lineStart(text, known.offset)))?.[0] ?? ''
    return spliced(text, known.offset, endOf(known), render(indent))
  }
  if (last === undefined) return insertFirst(text, object, key, render)
  const [first = last] = properties
  const indent = text.slice(lineStart(text, first.offset), first.offset)
  const comma = commaAfter(text, endOf(last), endOf(object))
  if (indent.trim() !== '')
    return comma === undefined
      ? spliced(text, endOf(last), endOf(last), `, ${JSON.stringify(key)}: ${render(undefined)}`)
      : spliced(text, comma + 1, comma + 1, ` ${JSON.stringify(key)}: ${render(undefined)},`)
  const property = `${lineEndOf(text)}${indent}${JSON.stringify(key)}: ${render(indent)}`
  const place = afterComments(text, comma === undefined ? endOf(last) : comma + 1)
  if (comma !== undefined) return spliced(text, place, place, `${property},`)
  return spliced(spliced(text, place, place, property), endOf(last), endOf(last), ',')
}

/** Into an object without properties, before comments that it may hold. */
function insertFirst(text: string, object: Node, key: string, render: Render): string {
  const outer = /^[ \t]*/.exec(text.slice(lineStart(text, object.offset)))?.[0] ?? ''
  const indent = outer + indentOf(text)
  const inside = text.slice(object.offset + 1, endOf(object) - 1)
  const close = inside.trim() === '' ? `${lineEndOf(text)}${outer}` : inside
  const property = `${lineEndOf(text)}${indent}${JSON.stringify(key)}: ${render(indent)}`
  return spliced(text, object.offset + 1, endOf(object) - 1, `${property}${close}`)
}

function written(value: object, text: string, indent: string): string {
  return JSON.stringify(value, undefined, indentOf(text)).replaceAll('\n', `${lineEndOf(text)}${indent}`)
}

function without(text: string, object: Node, properties: readonly Node[], index: number): string {
  const property = properties[index]
  const before = properties[index - 1]
  if (property === undefined) return text
  const comma = commaAfter(text, endOf(property), endOf(object))
  const cut = removed(text, property.offset, comma === undefined ? endOf(property) : comma + 1)
  const left =
    comma === undefined && before !== undefined ? commaAfter(text, endOf(before), property.offset) : undefined
  const shorter = left === undefined ? cut : spliced(cut, left, left + 1, '')
  if (properties.length > 1) return shorter
  const end = endOf(object) - (text.length - shorter.length)
  const inside = shorter.slice(object.offset + 1, end - 1)
  return inside.trim() === '' ? spliced(shorter, object.offset + 1, end - 1, '') : shorter
}

/** The text without a part, and without the line that it stood on where nothing else is there. */
function removed(text: string, start: number, end: number): string {
  const line = lineStart(text, start)
  const isOwnLine = line > 0 && text.slice(line, start).trim() === '' && /^[ \t]*(?:\r?\n|$)/.test(text.slice(end))
  if (!isOwnLine) return spliced(text, start - (text[start - 1] === ' ' ? 1 : 0), end, '')
  return spliced(text, text[line - 2] === '\r' ? line - 2 : line - 1, end, '')
}

function endOf({ offset, length }: Node): number {
  return offset + length
}

/** Kinds of tokens that jsonc-parser names by a const enum. */
const Kind = { comma: 5, lineComment: 12, blockComment: 13, lineBreak: 14, space: 15 } as const

function commaAfter(text: string, from: number, to: number): number | undefined {
  for (const token of tokens(text, from, to)) if ((token.kind as number) === Kind.comma) return token.at
  return undefined
}

/** Behind the comments that end the line of a place. */
function afterComments(text: string, from: number): number {
  let end = from
  for (const { kind, at, length } of tokens(text, from, text.length)) {
    if ((kind as number) === Kind.lineComment || (kind as number) === Kind.blockComment) end = at + length
    else if ((kind as number) !== Kind.space) break
  }
  return end
}

function* tokens(
  text: string,
  from: number,
  to: number,
): Generator<{ readonly kind: SyntaxKind; readonly at: number; readonly length: number }> {
  const scanner = createScanner(text, false)
  scanner.setPosition(from)
  for (let kind = scanner.scan(); scanner.getTokenOffset() < to; kind = scanner.scan()) {
    yield { kind, at: scanner.getTokenOffset(), length: scanner.getTokenLength() }
    if (scanner.getTokenLength() === 0) return
  }
}
