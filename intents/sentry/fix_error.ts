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

/** Rewrites the culprit line, or gives lines to put before it; undefined when it does not apply. */
type Remedy = (line: string, message: string) => { readonly lines: readonly string[]; readonly why: string } | undefined

const REMEDIES: Record<string, Remedy> = {
  missing_value: (line, message) => {
    const name = /reading '(\w+)'/.exec(message)?.[1] ?? /attribute '(\w+)'/.exec(message)?.[1]
    if (name === undefined || !line.includes(`.${name}`)) return undefined
    return {
      lines: [line.replace(`.${name}`, `?.${name}`)],
      why: `reads "${name}" only when there is an object; decide what a missing one should mean further down`,
    }
  },
  not_json: (line) => {
    const match = /^(\s*)(.*?)JSON\.parse\(await (\w+)\.text\(\)\)(.*)$/.exec(line)
    if (match === null) return undefined
    const [, indent, before, response, after] = match
    const check = `${indent}if (!${response}.ok) throw new Error(\`\${${response}.url} answered \${${response}.status}\`)`
    return {
      lines: [check, `${indent}${before}await ${response}.json()${after}`],
      why: 'an error page is reported as such and never parsed',
    }
  },
  missing_key: (line, message) => {
    const key = /'?"?'?(\w+)/.exec(message)?.[1]
    const access = new RegExp(`(\\w+)\\["${key}"\\]`).exec(line)
    if (key === undefined || access === null) return undefined
    const indent = /^\s*/.exec(line)?.[0] ?? ''
    return {
      lines: [
        `${indent}if "${key}" not in ${access[1]}:`,
        `${indent}    raise ValueError("event without ${key}")`,
        line,
      ],
      why: 'says which input is incomplete; skip or default it instead if that is allowed',
    }
  },
  division_by_zero: (line) => {
    const match = /^(\s*)return (.+) \/ (len\(\w+\)|\w+)$/.exec(line)
    return match === null
      ? undefined
      : {
          lines: [`${match[1]}return ${match[2]} / ${match[3]} if ${match[3]} else 0.0`],
          why: 'an empty input gives 0.0; choose another value if that means something else here',
        }
  },
}

export default async ({ id, organization }: Input, _tools: Tools, { intents }: Context) => {
  const scope = organization === undefined ? {} : { organization }
  const analysis = await intents.analyze_error({ id, ...scope })
  const error = await intents.get_error({ id, ...scope })
  const cause = analysis.likely_cause
  const source: Source[] = error.source ?? []
  const culprit = source.find(({ here }) => here)
  const known = { id, error: analysis.error, culprit: analysis.culprit, likely_cause: cause.cause }
  if (culprit === undefined)
    return {
      ...known,
      status: 'no_source',
      message: 'Sentry has no source for the culprit frame: upload source maps, or open the file at the culprit',
    }
  const remedy = REMEDIES[cause.kind]?.(culprit.code, error.message)
  if (remedy === undefined)
    return {
      ...known,
      status: 'no_rule',
      code: analysis.code,
      message: 'no rule rewrites this line: the code and the likely cause are here to decide by',
    }
  return {
    ...known,
    status: 'suggested',
    confidence: cause.confidence === 'high' ? 'medium' : 'low',
    why: remedy.why,
    patch: patchOf(error.frame.file, source, culprit, remedy.lines),
    note: 'a suggestion from rules: read and test it before use',
  }
}

/** Unified diff of one replaced line. */
function patchOf(file: string, source: Source[], culprit: Source, lines: readonly string[]): string {
  const first = source[0].line
  const body = source.flatMap((entry) =>
    entry === culprit ? [`-${entry.code}`, ...lines.map((line) => `+${line}`)] : [` ${entry.code}`],
  )
  return [
    `--- a/${file}`,
    `+++ b/${file}`,
    `@@ -${first},${source.length} +${first},${source.length - 1 + lines.length} @@`,
    ...body,
  ].join('\n')
}
