/** Which spellings of variables a file uses. */
export type Expansion =
  /** `${VAR}`, `${VAR:-default}`, `${env:VAR}`, `${workspaceFolder}`, `${userHome}`, `${input:id}` */
  | 'braces'
  /** The same and `$VAR`, `$env:VAR`. */
  | 'dollar'
  /** `{env:VAR}`, `{file:path}` */
  | 'curly'
  | 'none'

export interface ExpandContext {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly home: string
  readonly readText: (path: string) => string | undefined
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
  const braces = text.replace(/\$\{([^{}]+)\}/g, (match, inner: string) => {
    const fixed = { workspaceFolder: context.cwd, workspaceRoot: context.cwd, userHome: context.home }[inner]
    if (fixed !== undefined) return fixed
    if (inner.startsWith('input:'))
      return value(`MCP_OPTIMIZER_INPUT_${inner.slice(6).replace(/\W/g, '_').toUpperCase()}`, undefined)
    const named = /^(?:env:)?([A-Za-z_]\w*)(?::-(.*))?$/s.exec(inner)
    return named?.[1] === undefined ? match : value(named[1], named[2])
  })
  if (style !== 'dollar') return braces
  return braces.replace(/\$(?:env:)?([A-Za-z_]\w*)/g, (_match, name: string) => value(name, undefined))
}

function file(path: string, context: ExpandContext, missing: Set<string>): string {
  const text = context.readText(path.replace(/^~(?=\/)/, context.home))
  if (text === undefined) missing.add(`file ${path}`)
  return text?.trim() ?? ''
}
