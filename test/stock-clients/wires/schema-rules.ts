type Rule = (schema: Readonly<Record<string, unknown>>) => string | undefined

/** The first place of a schema at which a rule is broken, with what breaks it. */
export function brokenRule(schema: unknown, rules: readonly Rule[], path = ''): string | undefined {
  if (typeof schema !== 'object' || schema === null) return undefined
  if (!Array.isArray(schema)) {
    for (const rule of rules) {
      const reason = rule(schema as Readonly<Record<string, unknown>>)
      if (reason !== undefined) return `at "${path}": ${reason}`
    }
  }
  for (const [key, value] of Object.entries(schema)) {
    // Examples and defaults are data, which may look like a schema.
    const found = DATA.has(key) ? undefined : brokenRule(value, rules, `${path}/${key}`)
    if (found !== undefined) return found
  }
  return undefined
}

const DATA: ReadonlySet<string> = new Set(['default', 'enum', 'const', 'examples', 'example'])

/** OpenAI: "array schema missing items". */
export const arraysHaveItems: Rule = ({ type, items }) =>
  (type === 'array' || (Array.isArray(type) && type.includes('array'))) && items === undefined
    ? 'array schema missing items'
    : undefined

/** Gemini takes one type a schema. */
export const oneType: Rule = ({ type }) => (Array.isArray(type) ? `type is a list: ${type.join(', ')}` : undefined)

/** Names that OpenAI takes; Anthropic and Gemini take these too. */
export function refusedName(name: string): string | undefined {
  return /^[a-zA-Z0-9_-]{1,64}$/.test(name) ? undefined : `the name "${name}" has other characters or more than 64`
}
