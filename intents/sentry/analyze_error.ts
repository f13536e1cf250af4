export const metadata = {
  name: 'analyze_error',
  description: 'Analyzes a Sentry error: culprit frame, code around it, similar errors, likely cause',
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

interface Frame {
  file: string
  line: number
  function?: string
}

interface Source {
  line: number
  code: string
  here: boolean
}

/** What a type or message points to. Rules, not a model: each says how sure it is. */
const RULES: { kind: string; test: RegExp; cause: (match: RegExpExecArray) => string; sure: 'high' | 'medium' }[] = [
  {
    kind: 'missing_value',
    test: /Cannot read propert(?:y|ies) (?:'\w+' )?of (undefined|null)(?: \(reading '(\w+)'\))?/,
    sure: 'high',
    cause: ([, what, name]) => `a value is ${what} where its property ${name === undefined ? '' : `"${name}" `}is read`,
  },
  {
    kind: 'missing_value',
    test: /'NoneType' object has no attribute '(\w+)'/,
    sure: 'high',
    cause: ([, name]) => `a value is None where its attribute "${name}" is read`,
  },
  {
    kind: 'missing_value',
    test: /Cannot invoke "([^"]+)" because "?(.+?)"? is null/,
    sure: 'high',
    cause: ([, call, value]) => `${value} is null where ${call} is called`,
  },
  {
    kind: 'missing_value',
    test: /undefined method [`'](\S+?)' for nil/,
    sure: 'high',
    cause: ([, name]) => `a value is nil where its method "${name}" is called`,
  },
  {
    kind: 'missing_value',
    test: /Attempt to read property "(\w+)" on null|Call to a member function (\w+)\(\) on null/,
    sure: 'high',
    cause: ([, property, method]) => `a value is null where its "${property ?? method}" is used`,
  },
  {
    kind: 'missing_value',
    test: /nil pointer dereference|NullReferenceException|NullPointerException|`Option::unwrap\(\)` on a `None` value/,
    sure: 'high',
    cause: () => 'a value is missing (null, nil, None) where it is used',
  },
  {
    kind: 'not_json',
    test: /Unexpected token '?<'?|is not valid JSON|in JSON at position/,
    sure: 'high',
    cause: () => 'the answer that is parsed as JSON is something else, often an HTML error page',
  },
  {
    kind: 'missing_key',
    test: /key not found: :?["']?(\w+)/,
    sure: 'high',
    cause: ([, key]) => `the key "${key}" is not always there`,
  },
  {
    kind: 'missing_key',
    test: /KeyError:? '?"?'?(\w+)'?/,
    sure: 'high',
    cause: ([, key]) => `the key "${key}" is not always there`,
  },
  {
    kind: 'missing_setting',
    test: /[Mm]issing environment variable (\w+)|(\w+) is not (?:set|configured)/,
    sure: 'high',
    cause: ([, a, b]) => `the setting ${a ?? b} is not set where this runs`,
  },
  {
    kind: 'division_by_zero',
    test: /ZeroDivisionError|DivisionByZero|divi(?:sion|ded?) by (?:zero|0)/,
    sure: 'high',
    cause: () => 'the divisor is zero, as for an empty list',
  },
  {
    kind: 'timeout',
    test: /timed? ?out|ETIMEDOUT/i,
    sure: 'medium',
    cause: () => 'a call took longer than its limit: the other side is slow, or the limit too short',
  },
  {
    kind: 'refused',
    test: /ECONNREFUSED|Connection refused/i,
    sure: 'medium',
    cause: () => 'nothing listens at the address that is called',
  },
  {
    kind: 'not_a_function',
    test: /(\S+) is not a function/,
    sure: 'medium',
    cause: ([, name]) => `"${name}" is not what the code takes it for: a wrong import, or a value that is missing`,
  },
  {
    kind: 'index',
    test: /IndexError|Index(?:OutOf|.*out of )(?:Bounds|Range)/i,
    sure: 'high',
    cause: () => 'an index is used beyond the end of a list',
  },
]

export default async ({ id, organization }: Input, _tools: Tools, { intents }: Context) => {
  const scope = organization === undefined ? {} : { organization }
  const error = await intents.get_error({ id, ...scope })
  const found = await intents.list_errors({ ...scope, query: `is:unresolved ${searchWord(error)}`, limit: 20 })
  const similar = found.filter((other: { id: string }) => other.id !== id)
  return {
    id,
    error: `${error.type}: ${error.message}`,
    culprit: error.frame ?? error.culprit,
    code: showSource(error.source),
    likely_cause: likelyCause(error.type, error.message, error.frame),
    impact: { events: error.events, users: error.users, last_seen: error.last_seen },
    similar: {
      shown: similar.length,
      same_culprit: similar.filter((other: { culprit?: string }) => other.culprit === error.culprit).length,
      top: similar.slice(0, 3).map((other: { id: string; events: number }) => ({ id: other.id, events: other.events })),
    },
  }
}

/** The most telling word of an error for a text search: its function, else its type. */
function searchWord(error: { type: string; frame?: Frame }): string {
  return error.frame?.function ?? error.type
}

function showSource(source: Source[] | undefined): string | undefined {
  return source?.map(({ line, code, here }) => `${here ? '>' : ' '} ${line} ${code}`).join('\n')
}

function likelyCause(type: string, message: string, frame: Frame | undefined) {
  const text = `${type}: ${message}`
  for (const { kind, test, cause, sure } of RULES) {
    const match = test.exec(text)
    if (match !== null)
      return {
        kind,
        cause: cause(match),
        confidence: sure,
        evidence: [text, frame === undefined ? 'no frame' : `${frame.file}:${frame.line}`],
      }
  }
  return {
    kind: 'unknown',
    cause: 'no rule matches this error: read the code at the culprit',
    confidence: 'none',
    evidence: [text],
  }
}
