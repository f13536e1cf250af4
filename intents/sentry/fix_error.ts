export const metadata = {
  name: 'fix_error',
  description: 'Suggests a patch for a Sentry error from its stack trace and code; says so when it cannot',
  servers: ['sentry'],
  readOnly: true,
  input: {
    type: 'object',
    properties: {
      id: { type: 'string', minLength: 1, description: 'issue id, as in list_errors: WEB-1' },
      organization: { type: 'string', description: 'organization slug; default: the first one the token can see' },
    },
    required: ['id'],
    additionalProperties: false,
  },
  examples: [{ id: 'WEB-1' }],
}

interface Input {
  id: string
  organization?: string
}

interface Source {
  line: number
  code: string
  here: boolean
}

/** The culprit line: as it is, and with blanks for what is no code (texts, comments). */
interface Culprit {
  readonly line: string
  readonly code: string
  readonly message: string
  /** True: lines put before it run whenever it does. */
  readonly isStatement: boolean
}

interface Fix {
  readonly lines: readonly string[]
  readonly why: string
}

/** Rewrites the culprit line, or gives lines to put before it; undefined when it does not apply. */
type Remedy = (culprit: Culprit) => Fix | undefined

const SCRIPT: Record<string, Remedy> = {
  missing_value: ({ line, code, message }) => {
    const name = /reading '([\w$]+)'/.exec(message)?.[1]
    if (name === undefined) return undefined
    const places = [...code.matchAll(new RegExp(`\\.${name.replaceAll('$', '\\$')}(?![\\w$])`, 'g'))]
    const [place] = places
    if (place === undefined || places.length > 1) return undefined
    const before = code.slice(0, place.index)
    const after = code.slice(place.index + place[0].length)
    // `?.` has no place in what is assigned to, made with `new`, or taken apart; nor behind `super`, `import` and `!`.
    const isTarget =
      /^[\w$.[\]'"\s]*(?:[-+*/%&|^?]{0,2}=(?![=>])|\+\+|--)/.test(after) || /(?:\+\+|--)[\w$.]*$/.test(before)
    const isTakenApart =
      /\bof\s+[\w$.\s]*$/.test(before) || /\.\.\.[\w$.\s]*$/.test(before) || /[}\]]\s*=\s*[\w$.\s]*$/.test(before)
    if (
      isTarget ||
      isTakenApart ||
      /\bnew\s+[\w$.]*$/.test(before) ||
      !/(?<!\bsuper|\bimport)(?<=[\w$)\]])$/.test(before)
    )
      return undefined
    const isTagged = /^\s*`/.test(line.slice(place.index + place[0].length))
    const isType = /\b(?:let|const|var)\s+[\w$]+\s*:\s*[\w$.]*$|\bas\s+[\w$.]*$|@[\w$.]*$/.test(before)
    if (isTagged || isType || isMarkup(code, before)) return undefined
    return {
      lines: [`${line.slice(0, place.index)}?${line.slice(place.index)}`],
      why: `reads "${name}" only when there is an object; decide what a missing one should mean further down`,
    }
  },
  not_json: ({ line, code, isStatement }) => {
    const match = /^(\s*)(.*?)JSON\.parse\(await ([\w$]+)\.text\(\)\)(.*)$/.exec(line)
    if (match === null || !isStatement || !code.includes('JSON.parse(')) return undefined
    const [, indent, before, response, after] = match
    if (!/^(?:(?:const|let|var)\s[^=]+=\s*|return\s+|[\w$.]+\s*=\s*)$/.test(before)) return undefined
    const check = `${indent}if (!${response}.ok) throw new Error(\`\${${response}.url} answered \${${response}.status}\`)`
    return {
      lines: [check, `${indent}${before}await ${response}.json()${after}`],
      why: 'an error page is reported as such and never parsed',
    }
  },
}

const PYTHON: Record<string, Remedy> = {
  missing_value: ({ line, code, message, isStatement }) => {
    const name = /'NoneType' object has no attribute '(\w+)'/.exec(message)?.[1]
    const places =
      name === undefined ? [] : [...code.matchAll(new RegExp(`(?<![\\w.)\\]])(\\w+(?:\\.\\w+)*)\\.${name}\\b`, 'g'))]
    const value = places[0]?.[1]
    if (value === undefined || places.length > 1 || !isStatement || isBound(value, code)) return undefined
    return {
      lines: [...guard(line, `${value} is None`, `${value} is missing`), line],
      why: 'says what is missing; return or use a default instead if that is allowed',
    }
  },
  missing_key: ({ line, code, message, isStatement }) => {
    const key = /^(?:KeyError: )?'([\w-]+)'$/.exec(message.trim())?.[1]
    const access =
      key === undefined ? null : new RegExp(`(?<![\\w.)\\]])(\\w+(?:\\.\\w+)*)\\[(["'])${key}\\2\\]`).exec(line)
    const value = access?.[1]
    // A text inside a text (an f-string) is no code here.
    if (
      access === null ||
      value === undefined ||
      code.slice(access.index, access.index + value.length + 1) !== `${value}[`
    )
      return undefined
    const isAssigned = /^\s*=(?!=)/.test(code.slice(access.index + access[0].length))
    if (!isStatement || isAssigned || isBound(value, code)) return undefined
    return {
      lines: [...guard(line, `"${key}" not in ${value}`, `${value} without ${key}`), line],
      why: 'says which input is incomplete; skip or default it instead if that is allowed',
    }
  },
  division_by_zero: ({ line, code }) => {
    const match = /^(\s*)return ([^\s].*) \/ (len\(\w+\)|[A-Za-z_]\w*)$/.exec(line.trimEnd())
    if (match === null || code.trimEnd() !== line.trimEnd()) return undefined
    const [, indent, dividend, divisor] = match
    // The condition holds for the whole line: there must be nothing else in it.
    const outside = dividend.replaceAll(/\([^()]*\)/g, '')
    if (/[-+(),]|\b(?:and|or|not|if|else|lambda|in|is)\b|[<>=]/.test(outside)) return undefined
    return {
      lines: [`${indent}return ${dividend} / ${divisor} if ${divisor} else 0.0`],
      why: 'an empty input gives 0.0; choose another value if that means something else here',
    }
  },
}

const REMEDIES: Record<string, Record<string, Remedy>> = { JavaScript: SCRIPT, TypeScript: SCRIPT, Python: PYTHON }

const LANGUAGES: Record<string, string> = {
  js: 'JavaScript',
  mjs: 'JavaScript',
  cjs: 'JavaScript',
  jsx: 'JavaScript',
  ts: 'TypeScript',
  mts: 'TypeScript',
  cts: 'TypeScript',
  tsx: 'TypeScript',
  py: 'Python',
  pyw: 'Python',
  rb: 'Ruby',
  erb: 'Ruby',
  php: 'PHP',
  go: 'Go',
  rs: 'Rust',
  java: 'Java',
  kt: 'Kotlin',
  scala: 'Scala',
  cs: 'C#',
  fs: 'F#',
  vb: 'Visual Basic',
  swift: 'Swift',
  m: 'Objective-C',
  c: 'C',
  h: 'C',
  cc: 'C++',
  cpp: 'C++',
  ex: 'Elixir',
  exs: 'Elixir',
  dart: 'Dart',
  lua: 'Lua',
  pl: 'Perl',
  vue: 'Vue',
  svelte: 'Svelte',
}

const PLATFORMS: [RegExp, string][] = [
  [/^(?:node|javascript)/i, 'JavaScript'],
  [/^python/i, 'Python'],
  [/^ruby/i, 'Ruby'],
  [/^php/i, 'PHP'],
  [/^go\b/i, 'Go'],
  [/^rust/i, 'Rust'],
  [/^java\b/i, 'Java'],
  [/^(?:csharp|dotnet)/i, 'C#'],
]

/** Longer lines are written by tools. */
const MAX_LINE = 240

export default async ({ id, organization }: Input, _tools: Tools, { intents }: Context) => {
  const scope = organization === undefined ? {} : { organization }
  const analysis = await intents.analyze_error({ id, ...scope })
  const error = await intents.get_error({ id, ...scope })
  const cause = analysis.likely_cause
  const source: Source[] = error.source ?? []
  const culprit = source.find(({ here }) => here)
  const file = String(error.frame?.file ?? '')
  const language = languageOf(file, error.platform, error.stack)
  const known = { id, error: analysis.error, culprit: analysis.culprit, language, likely_cause: cause.cause }
  if (culprit === undefined)
    return {
      ...known,
      status: 'no_source',
      message: 'Sentry has no source for the culprit frame: upload source maps, or open the file at the culprit',
    }
  const no = (message: string) => ({ ...known, status: 'no_rule', code: analysis.code, message })
  const rules = REMEDIES[language]
  if (rules === undefined)
    return no(`there is no rule for ${language}: the code and the likely cause are here to decide by`)
  if (isMade(file, culprit.code))
    return no('this file was made by a tool: find the line in its source, or upload source maps')
  const code = codeOf(source, culprit, language)
  if (code === undefined) return no('the culprit line is in a text or a comment that began before it, so no rule fits')
  const isStatement = isWhole(source, culprit, code, language)
  const fix = rules[cause.kind]?.({ line: culprit.code, code, message: String(error.message), isStatement })
  if (fix === undefined)
    return no(`no rule rewrites this line of ${language}: the code and the likely cause are here to decide by`)
  return {
    ...known,
    status: 'suggested',
    confidence: cause.confidence === 'high' ? 'medium' : 'low',
    why: fix.why,
    patch: patchOf(file, source, culprit, fix.lines),
    note: 'a suggestion from rules: read and test it before use',
  }
}

/** By the file's ending, else by Sentry's platform, else by how its frames look. */
function languageOf(file: string, platform: string | undefined, stack: string[] | undefined): string {
  const ending = /\.(\w+)(?:[?#].*)?$/.exec(file)?.[1]?.toLowerCase()
  if (ending !== undefined && LANGUAGES[ending] !== undefined) return LANGUAGES[ending]
  const known = PLATFORMS.find(([name]) => name.test(platform ?? ''))
  if (known !== undefined) return known[1]
  return stack?.some((line) => /File ".*", line \d+/.test(line)) === true ? 'Python' : 'an unknown language'
}

function isMade(file: string, line: string): boolean {
  return /\.min\.|\.bundle\.|(?:^|\/)(?:dist|build)\/.*\.js$/.test(file) || line.length > MAX_LINE
}

/**
 * The culprit line with blanks for texts and comments; undefined when it begins inside one, as far as the lines before it show.
 * What a template or an f-string computes counts as text, too.
 */
function codeOf(source: Source[], culprit: Source, language: string): string | undefined {
  let open = ''
  for (const { code, here } of source) {
    if (here && open !== '') return undefined
    const read = blank(code, open, language)
    if (here) return read.open === '' && !/^\s*(?:\*|\/\/|#(?!\w))/.test(culprit.code) ? read.code : undefined
    open = read.open
  }
  return undefined
}

/** Blanks a line's texts and comments. `open`: what is still open at its end. */
function blank(line: string, openBefore: string, language: string): { code: string; open: string } {
  const isPython = language === 'Python'
  let open = openBefore
  let code = ''
  for (let at = 0; at < line.length;) {
    const rest = line.slice(at)
    const begun = open === '' ? beginning(rest, code, isPython) : undefined
    const part = begun ?? (open !== '' && rest.startsWith(open) ? open : rest[0])
    if (begun === 'line') return { code: code + ' '.repeat(rest.length), open }
    code += open === '' && begun === undefined ? part : ' '.repeat(part.length)
    if (begun !== undefined) open = begun === '/*' ? '*/' : begun
    else if (open !== '' && part === open) open = ''
    else if (open !== '' && part === '\\' && open !== '*/') {
      code += at + 1 < line.length ? ' ' : ''
      at++
    }
    at += part.length
  }
  // Texts of one quote, and regular expressions, end with their line.
  return { code, open: open.length === 1 && open !== '`' ? 'broken' : open }
}

/** What begins here that is no code: a quote, a comment, a regular expression. */
function beginning(rest: string, code: string, isPython: boolean): string | undefined {
  if (isPython) {
    if (rest.startsWith('#')) return 'line'
    return /^(?:"""|'''|["'])/.exec(rest)?.[0]
  }
  if (rest.startsWith('//')) return 'line'
  if (rest.startsWith('/*')) return '/*'
  if (/^["'`]/.test(rest)) return rest[0]
  return rest[0] === '/' && /(?:^|[(,=:[!&|?{};]|\breturn)\s*$/.test(code) ? '/' : undefined
}

/** True for a line that is one statement of its own, or the head of one, so that others may stand before it. */
function isWhole(source: Source[], culprit: Source, code: string, language: string): boolean {
  const before = source.slice(0, source.indexOf(culprit)).findLast((entry) => entry.code.trim() !== '')
  const previous = before === undefined ? '' : blank(before.code, '', language).code.trimEnd()
  if (!balanced(code)) return false
  return language === 'Python' ? isWholePython(previous, code) : isWholeScript(previous, code)
}

function isWholePython(previous: string, code: string): boolean {
  if (/[([{,\\=+\-*/%&|<>.]$/.test(previous)) return false
  // What is not always evaluated must not be asked for before.
  if (/\b(?:and|or|else|lambda|for)\b|\S\s+if\b|^\s*(?:if|with|try|elif)\b.*:\s*\S/.test(code)) return false
  return !/^\s*(?:elif|else|except|finally|while|case|[).\]}@])/.test(code)
}

function isWholeScript(previous: string, code: string): boolean {
  if (/[([,=+\-*/%&|?:<>.]$/.test(previous.replace(/=>\s*\{$|[{:]$/, ''))) return false
  // Behind a head without braces only one statement belongs to it.
  if (/^\s*(?:\}\s*)?(?:if|else|for|while|do)\b[^{]*$/.test(previous) && !previous.endsWith(';')) return false
  const isInside = previous !== '' && !previous.endsWith('{') && !balanced(previous)
  return !isInside && !/^\s*(?:else|case|default|[.)}\]?:])/.test(code)
}

/** True for words between tags. */
function isMarkup(code: string, before: string): boolean {
  return /<\/|<[A-Za-z][^<]*>/.test(code) && before.split('{').length <= before.split('}').length
}

function balanced(code: string): boolean {
  return ['()', '[]', '{}'].every(([open, close]) => code.split(open).length === code.split(close).length)
}

/** True for a name that this line itself gives its value, so that it says nothing before the line. */
function isBound(value: string, code: string): boolean {
  const [name] = value.split('.')
  return new RegExp(
    `\\bfor\\b[^:]*\\b${name}\\b[^:]*\\bin\\b|\\blambda\\b[^:]*\\b${name}\\b|\\b${name}\\s*:=|\\bas\\s+${name}\\b`,
  ).test(code)
}

function guard(line: string, test: string, message: string): string[] {
  const indent = /^\s*/.exec(line)?.[0] ?? ''
  return [`${indent}if ${test}:`, `${indent}${indent.includes('\t') ? '\t' : '    '}raise ValueError("${message}")`]
}

/** Unified diff of one replaced line. */
function patchOf(file: string, source: Source[], culprit: Source, lines: readonly string[]): string {
  const first = source[0].line
  const isKept = lines.at(-1) === culprit.code
  const body = source.flatMap((entry) =>
    entry !== culprit
      ? [` ${entry.code}`]
      : isKept
        ? [...lines.slice(0, -1).map((line) => `+${line}`), ` ${entry.code}`]
        : [`-${entry.code}`, ...lines.map((line) => `+${line}`)],
  )
  return [
    `--- a/${file}`,
    `+++ b/${file}`,
    `@@ -${first},${source.length} +${first},${source.length - 1 + lines.length} @@`,
    ...body,
  ].join('\n')
}
