import { basename, sep } from 'node:path'
import { isRecord } from '../internal/json.ts'
import type { ReadSecret } from './secret-sources.ts'

/** Which spellings of variables a file uses. */
export type Expansion =
  /** `${VAR}`, `${VAR:-default}`, `${env:VAR}`, `${file:path}`, `${input:id}`, `${workspaceFolder}` and its like */
  | 'braces'
  /** Our own file's: `braces`, `${command:…}`, `${keychain:NAME}`, and `$${` where `${` itself is meant. */
  | 'own'
  /** `braces` and `$VAR`, `$env:VAR`; such a name that is not set stays. */
  | 'dollar'
  /** `{env:VAR}`, `{file:path}` */
  | 'curly'
  | 'none'

export interface ExpandContext {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly home: string
  readonly readText: (path: string) => string | undefined
  /** Values of `${input:id}` by id, where the file itself gives one. @default none */
  readonly inputs?: Readonly<Record<string, string>>
  /** Of our own file alone. @default none */
  readonly readSecret?: ReadSecret
}

/** Replaces variables; `missing` collects the names of those that are not set. */
export function expand(text: string, style: Expansion, context: ExpandContext, missing: Set<string>): string {
  const value = (name: string, preset: string | undefined): string => {
    const found = context.env[name]
    // As in a shell, `:-` also stands in for an empty value.
    if (found !== undefined && (found !== '' || preset === undefined)) return found
    if (preset === undefined) missing.add(name)
    return preset ?? ''
  }
  if (style === 'none') return text
  if (style === 'curly') {
    return text.replace(/\{(env|file):([^{}]+)\}/g, (_match, kind: string, name: string) =>
      kind === 'env' ? value(name, undefined) : file(name, context, missing),
    )
  }
  const named = (match: string, inner: string): string => {
    const fixed = placeNamed(inner, context)
    if (fixed !== undefined) return fixed
    if (inner.startsWith('input:')) {
      const id = inner.slice(6)
      return value(inputVariable(id), context.inputs?.[id])
    }
    const [, source, secret] = (style === 'own' && /^(command|keychain):(.+)$/s.exec(inner)) || []
    if (source !== undefined && secret !== undefined && context.readSecret !== undefined) {
      const found = context.readSecret(source === 'command' ? 'command' : 'keychain', secret)
      if (found === undefined) missing.add(`${source} "${secret}"`)
      return found ?? ''
    }
    if (/^file:./.test(inner)) return file(inner.slice(5), context, missing)
    if (/^(?:config|command|secret):/.test(inner)) missing.add(match)
    const variable = /^(?:env:)?([A-Za-z_]\w*)(?::-(.*))?$/s.exec(inner)
    return variable?.[1] === undefined ? match : value(variable[1], variable[2])
  }
  const braces = text.replace(/(\$?)(\$\{([^{}]+)\})/g, (_whole, dollar: string, match: string, inner: string) =>
    style === 'own' && dollar !== '' ? match : `${dollar}${named(match, inner)}`,
  )
  if (style !== 'dollar') return braces
  // A password may hold a dollar sign: what names no variable stays as it is, as Gemini CLI leaves it.
  return braces.replace(/\$(?:env:)?([A-Za-z_]\w*)/g, (match, name: string) => context.env[name] ?? match)
}

/** Replaces variables in all texts of a value, keys left alone; `missing` names those that are not set, each once. */
export function expandAll(
  value: unknown,
  style: Expansion,
  context: ExpandContext,
): { readonly value: unknown; readonly missing: readonly string[] } {
  const missing = new Set<string>()
  const walk = (inner: unknown): unknown => {
    if (typeof inner === 'string') return expand(inner, style, context, missing)
    if (Array.isArray(inner)) return inner.map(walk)
    return isRecord(inner) ? Object.fromEntries(Object.entries(inner).map(([name, part]) => [name, walk(part)])) : inner
  }
  return { value: walk(value), missing: [...missing] }
}

/** The environment variable that answers what a client would ask a person. */
export function inputVariable(id: string): string {
  return `MCP_OPTIMIZER_INPUT_${id.replace(/\W/g, '_').toUpperCase()}`
}

/** What is told about variables that are not set. */
export function unsetProblem(names: readonly string[]): { readonly message: string; readonly expected: string } {
  if (names.some((name) => name.startsWith('${')))
    return {
      message: `${names.join(', ')} is filled in by the client alone`,
      expected: 'the value, or ${NAME} of the environment',
    }
  if (names.some((name) => /^(?:command|keychain) "/.test(name)))
    return {
      message: `${names.join(', ')} gave no value`,
      expected: 'a command that prints it, or an entry of the keychain',
    }
  return {
    message: `${names.join(', ')} is not set`,
    expected: 'an environment variable of this name, or a default: ${NAME:-default}',
  }
}

/** What editors put in place of names of theirs. */
function placeNamed(name: string, { cwd, home }: ExpandContext): string | undefined {
  // `${workspaceFolder:name}` names one of several folders.
  const [place] = name.split(':')
  if (place === 'workspaceFolder' || place === 'workspaceRoot' || name === 'cwd') return cwd
  if (name === 'workspaceFolderBasename') return basename(cwd)
  if (name === 'userHome') return home
  return name === 'pathSeparator' || name === '/' ? sep : undefined
}

function file(path: string, context: ExpandContext, missing: Set<string>): string {
  const text = context.readText(path.replace(/^~(?=\/)/, context.home))
  if (text === undefined) missing.add(`file ${path}`)
  return text?.trim() ?? ''
}
