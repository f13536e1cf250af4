export const metadata = {
  name: 'get_error',
  description: 'One Sentry error with its message, stack trace, source around the culprit line, tags',
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

export default async ({ id, organization }: Input, tools: Tools) => {
  const organizationSlug = organization ?? (await firstOrganization(tools))
  const text = String(
    await tools.sentry.get_sentry_resource({ organizationSlug, resourceType: 'issue', resourceId: id }),
  )
  const field = (name: string): string | undefined => new RegExp(`^\\*\\*${name}\\*\\*: (.*)$`, 'm').exec(text)?.[1]
  const [type, message] = splitTitle(
    /### Error\s+```\s*\n([\s\S]*?)\n```/.exec(text)?.[1] ?? field('Description') ?? '',
  )
  return {
    id,
    type,
    message,
    culprit: field('Culprit'),
    project: field('Project'),
    platform: field('Platform'),
    status: field('Status'),
    events: Number(field('Occurrences') ?? 0),
    users: Number(field('Users Impacted') ?? 0),
    first_seen: field('First Seen'),
    last_seen: field('Last Seen'),
    url: field('URL'),
    ...culpritFrame(text),
    stack: stackTrace(text),
    tags: tagsOf(text),
  }
}

async function firstOrganization(tools: Tools): Promise<string> {
  const text = String(await tools.sentry.find_organizations({}))
  const slug = /^## \*\*(.+?)\*\*/m.exec(text)?.[1]
  if (slug === undefined) throw new Error('this token sees no Sentry organization')
  return slug
}

function splitTitle(title: string): [type: string, message: string] {
  const match = /^([\w.$]+): ([\s\S]*)$/.exec(title)
  return match === null ? ['', title] : [match[1], match[2]]
}

/** The frame Sentry calls most relevant, and the source lines it shows, if any. */
function culpritFrame(text: string) {
  const block = /\*\*Most Relevant Frame:\*\*\n─+\n([\s\S]*?)\n\n(?=\*\*|#)/.exec(text)?.[1]
  const place = block === undefined ? undefined : readFrame(block.split('\n')[0])
  const source = (block ?? '').split('\n').flatMap((line) => {
    const match = /^\s*(→)?\s*(\d+) │ ?(.*)$/.exec(line)
    return match === null ? [] : [{ line: Number(match[2]), code: match[3], here: match[1] !== undefined }]
  })
  return { frame: place, source: source.length === 0 ? undefined : source }
}

function stackTrace(text: string): string[] {
  const block =
    /\*\*Full Stacktrace:\*\*\n─+\n```\n([\s\S]*?)\n```/.exec(text)?.[1] ??
    /```\n((?:.*:\d+.*\n)+)```/.exec(text)?.[1] ??
    ''
  return block
    .split('\n')
    .filter((line) => /:\d+/.test(line) || /^\s+at |File "/.test(line))
    .slice(0, 40)
}

/** `src/cart.js:42:24 (render)` or `File "jobs/a.py", line 61, in bill`. */
function readFrame(line: string) {
  const script = /^(.+?):(\d+)(?::(\d+))?(?: \((.*)\))?$/.exec(line.trim())
  if (script !== null) return { file: script[1], line: Number(script[2]), function: script[4] }
  const python = /File "(.+?)", line (\d+), in (\S+)/.exec(line)
  return python === null ? undefined : { file: python[1], line: Number(python[2]), function: python[3] }
}

function tagsOf(text: string): Record<string, string> {
  const block = /### Tags\n\n([\s\S]*?)(?=\n\n#|\n#|$)/.exec(text)?.[1] ?? ''
  return Object.fromEntries(
    [...block.matchAll(/^\*\*(.+?)\*\*: (.*)$/gm)].slice(0, 20).map(([, key, value]) => [key, value]),
  )
}
