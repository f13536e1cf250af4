import { nearestNames } from '../../internal/nearest.ts'
import { modelText } from '../../internal/text.ts'
import type { Catalog } from '../catalog.ts'
import type { Finding, WrappedProgram } from './compiler.ts'
import type { TypeProblem } from './type-check.ts'

/** So that five of them fit into the message of one error. */
const MAX_MESSAGE = 320
const ROOT = /^(tools|intents|results|resources|prompts)\b/
/** Names that other hosts have and the sandbox has not: the compiler wants to install types for them. */
const UNKNOWN_NAME: ReadonlySet<number> = new Set([
  2304, 2552, 2580, 2581, 2582, 2583, 2584, 2591, 2592, 2593, 2867, 2868,
])
const MISSING_MEMBER: ReadonlySet<number> = new Set([2339, 2551, 2550, 2568])
const IMPORT: ReadonlySet<number> = new Set([1232, 2307])
const NO_IMPORTS = 'a program has no imports: it uses only its input and its tools'
const ARGUMENT_COUNT: ReadonlySet<number> = new Set([2554, 2555, 2556, 2575])

/** A compiler's finding, in the words of the agent's own source and catalog. */
export function explain(finding: Finding, program: WrappedProgram, catalog: Catalog): TypeProblem {
  const source = program.text.slice(program.start, program.end)
  const at = Math.min(Math.max(finding.at - program.start, 0), source.length)
  const before = source.slice(0, at)
  return {
    line: before.split('\n').length,
    column: at - before.lastIndexOf('\n'),
    code: finding.code === 0 ? 'AWAIT' : `TS${finding.code}`,
    syntax: finding.syntax,
    message: modelText(reword(finding, source, at, catalog), MAX_MESSAGE),
  }
}

function reword(finding: Finding, source: string, at: number, catalog: Catalog): string {
  const { code, message } = finding
  if (IMPORT.has(code)) return NO_IMPORTS
  if (UNKNOWN_NAME.has(code)) return unknownName(message)
  const path = pathAt(source, at)
  if (MISSING_MEMBER.has(code) && path !== undefined && ROOT.test(path)) return missingFunction(path, finding, catalog)
  if (MISSING_MEMBER.has(code)) return withFields(missingMember(message), finding)
  const text = ARGUMENT_COUNT.has(code) ? `${path ?? 'the call'}: ${lowerFirst(message)}` : shortenTypes(message)
  return withFields(text, finding)
}

function unknownName(message: string): string {
  const [, name = ''] = /name '([^']*)'/.exec(message) ?? []
  const [, meant] = /Did you mean '([^']*)'/.exec(message) ?? []
  if (name === 'require') return NO_IMPORTS
  return `the sandbox has no '${name}'${meant === undefined ? '' : `; did you mean '${meant}'?`}`
}

function missingFunction(path: string, finding: Finding, catalog: Catalog): string {
  const nearest = nearestNames(path, pathsOf(catalog)).filter((name) => name.split('.')[0] === path.split('.')[0])
  const message = `${path} does not exist`
  return nearest.length === 0 ? withFields(message, finding) : `${message}; nearest: ${nearest.join(', ')}`
}

function missingMember(message: string): string {
  const [, name = '', type = ''] = /Property '([^']*)' does not exist on type '(.*?)'(?:\.|$)/s.exec(message) ?? []
  if (type.startsWith('Promise<')) return `'${name}' does not exist on a promise: await the call before it is used`
  return shortenTypes(message)
}

/** The dotted path that a place of the source is in: `tools.github.create_issue`. */
function pathAt(source: string, at: number): string | undefined {
  const [left = ''] = /[\w$.?\s[\]'"-]*$/.exec(source.slice(Math.max(0, at - 300), at)) ?? []
  const [right = ''] = /^[\w$]*/.exec(source.slice(at)) ?? []
  const [path] = /[\w$]+(?:\s*\??\.\s*[\w$]+|\[\s*(?:'[^']*'|"[^"]*")\s*\])*$/.exec(left + right) ?? []
  return path
    ?.replaceAll(/\s+/g, '')
    .replaceAll('?.', '.')
    .replaceAll(/\[(['"])(.*?)\1\]/g, '.$2')
}

function* pathsOf(catalog: Catalog): Iterable<string> {
  for (const { id } of catalog.tools.values()) yield `tools.${id}`
  for (const name of catalog.intents.keys()) yield `intents.${name}`
  yield* ['results.get', 'results.list', 'resources.list', 'resources.read', 'prompts.list', 'prompts.get']
}

/** A type that is written out says little in a message: its fields follow, where they are known. */
function shortenTypes(message: string): string {
  return message.replaceAll(/'(\{[^']{60,}|[^']*\{[^']{100,})'/g, "'{…}'")
}

function withFields(message: string, { fields = [] }: Finding): string {
  return fields.length === 0 ? message : `${message.replace(/\.$/, '')}; fields: ${fields.join(', ')}`
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1)
}
