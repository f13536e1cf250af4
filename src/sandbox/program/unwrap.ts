import { isRecord } from '../../internal/json.ts'
import { stripTypes } from '../guest/strip-types.ts'
import { languageOf } from './languages.ts'

/**
 * What a text that does not parse may be a program inside of: markup, quotation marks of a mail, the line numbers of a
 * listing, prose around it, escapes. Only texts that parse afterwards are taken; lines stay where they are, unless the
 * line ends themselves were escaped.
 */
export function candidates(text: string): string[] {
  if (text.length > MAX_CHARS || languageOf(text) !== undefined) return []
  const lines = text.split('\n')
  return [
    unquoted(lines),
    unnumbered(lines),
    untagged(text),
    text.replace(INVISIBLE, ' '),
    called(text),
    decoded(text),
    unescaped(text),
    ...withoutProse(lines),
  ].filter((candidate): candidate is string => candidate !== undefined && candidate !== text)
}

/** A program that stands in JSON, alone or as the field of a request. */
export function programInJson(text: string): string | undefined {
  if (!/^\s*(?:\{\s*"(?:code|program|script|source|javascript|typescript)"\s*:|")/.test(text)) return undefined
  const value = parsed(text)
  if (typeof value === 'string') return isProgram(value) ? value : undefined
  if (!isRecord(value)) return undefined
  const code = Object.entries(value).find(([name]) => CODE.test(name))?.[1]
  return typeof code === 'string' ? code : undefined
}

/** The name that a request of a call stands for, where the whole text is such a request. */
export function callInJson(text: string): string | undefined {
  if (!/^\s*\{\s*"/.test(text)) return undefined
  const value = parsed(text)
  if (!isRecord(value)) return undefined
  const name = value['intent'] ?? value['tool'] ?? value['tool_name'] ?? value['name']
  const input = value['params'] ?? value['arguments'] ?? value['args'] ?? value['input'] ?? value['parameters']
  return typeof name === 'string' && /^[\w.:/-]+$/.test(name) && isRecord(input) ? name : undefined
}

/** A text that is a program, not only one that might be. */
function isProgram(text: string): boolean {
  if (!/\b(?:return|await|tools)\b/.test(text)) return false
  return /^\s*```/.test(text) || stripTypes(text, 'body').ok
}

const MAX_CHARS = 20_000
const CODE = /^(?:code|program|script|source|javascript|typescript)$/
/** Signs without width that editors and chats leave behind: no program has them outside of its texts. */
const INVISIBLE = /[\u200b\u200e\u200f\u2060\ufeff]/g

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** `> ` before each line. */
function unquoted(lines: readonly string[]): string | undefined {
  if (!lines.every((line) => /^\s*(?:>|$)/.test(line))) return undefined
  return lines.map((line) => line.replace(/^(\s*)>/, '$1 ')).join('\n')
}

/** `12 | `, `12: `, `12. ` or `12→` before each line, counting. */
function unnumbered(lines: readonly string[]): string | undefined {
  const numbers = lines.filter((line) => line.trim() !== '').map((line) => NUMBERED.exec(line))
  const [first] = numbers
  const from = Number(first?.[1])
  if (!numbers.every((found, at) => found !== null && Number(found[1]) === from + at)) return undefined
  return lines.map((line) => line.replace(NUMBERED, (prefix) => ' '.repeat(prefix.length))).join('\n')
}

const NUMBERED = /^\s*(\d+)(?:\s*[|:.)→]|\t|$)/

/** `<code>…</code>`, also inside each other. */
function untagged(text: string): string | undefined {
  const [, open = '', inside = '', close = ''] =
    /^(\s*(?:<[a-z][\w-]*(?:\s[^<>]*)?>\s*)+)([^]*?)((?:<\/[a-z][\w-]*>\s*)+)$/i.exec(text) ?? []
  return open === '' ? undefined : blank(open) + inside + blank(close)
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ')
}

/** `async () => { … }()`: the function has to stand in parentheses. */
function called(text: string): string | undefined {
  const [, before = '', body = '', after = ''] =
    /^(\s*(?:await\s+)?)((?:async\b|\([^()]*\)\s*=>)[^]*\})(\(\s*\)\s*;?\s*)$/.exec(text) ?? []
  return body === '' ? undefined : `${before}(${body})${after}`
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', '#39': "'", '#x27': "'" }

function decoded(text: string): string | undefined {
  if (!/&(?:lt|gt|amp|quot|#39|#x27);/.test(text)) return undefined
  return text.replace(/&(lt|gt|amp|quot|#39|#x27);/g, (_all, name: string) => ENTITIES[name] ?? '')
}

/** All of it on one line, with `\n` for the line ends, as it stood in a JSON text. */
function unescaped(text: string): string | undefined {
  if (text.trim().includes('\n') || !text.includes('\\n')) return undefined
  return text.replace(/\\(n|r|t|"|\\)/g, (_all, sign: string) => ESCAPES[sign] ?? sign)
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '', t: '\t' }

/** Without paragraphs of prose before and behind the code. */
function* withoutProse(lines: readonly string[]): Generator<string> {
  let first = 0
  while (first < lines.length && isProse(lines[first] ?? '')) first++
  let end = lines.length
  while (end > first && isProse(lines[end - 1] ?? '')) end--
  if (first === lines.length) return
  const kept = (from: number, to: number): string =>
    lines.map((line, at) => (at >= from && at < to ? line : '')).join('\n')
  if (end < lines.length) yield kept(0, end)
  if (first > 0) yield kept(first, lines.length)
  yield kept(first, end)
}

/** A sentence of three words or more, a heading or a comment of another language; an empty line belongs to what is around it. */
function isProse(line: string): boolean {
  const text = line.trim()
  return text === '' || HEADING.test(text) || (SENTENCE.test(text) && /\p{L}[^\p{L}]+\p{L}+[^\p{L}]+\p{L}/u.test(text))
}

const HEADING = /^(?:#+\s+[^={};[\]]*|\*\*[^*]*\*\*:?)$/
/** It begins with a capital letter and ends with a full stop or a colon; nothing is called or assigned in it. */
const SENTENCE = /^(?:[-*>]+\s+)?["'“(*]?\p{Lu}(?:[^={};[\]()]|\s\([^()=;]*\))*[.:!?…”"'*]$/u
