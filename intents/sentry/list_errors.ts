export const metadata = {
  name: 'list_errors',
  description: 'Lists the errors of a Sentry organization or project, most frequent first',
  servers: ['sentry'],
  readOnly: true,
  input: {
    type: 'object',
    properties: {
      project: { type: 'string', description: 'project slug; default: all' },
      organization: { type: 'string', description: 'organization slug; default: the first one the token can see' },
      query: { type: 'string', description: 'Sentry search syntax; default is:unresolved' },
      sort: { enum: ['freq', 'date', 'new', 'user'], description: 'default freq' },
      limit: { type: 'integer', minimum: 1, maximum: 100, description: 'default 10' },
    },
    additionalProperties: false,
  },
  output: {
    type: 'array',
    items: {
      type: 'object',
      properties: {
        id: { type: 'string' },
        title: { type: 'string' },
        culprit: { type: 'string' },
        events: { type: 'number' },
        users: { type: 'number' },
        last_seen: { type: 'string' },
      },
    },
  },
  examples: [{ project: 'web', limit: 5 }],
}

interface Input {
  project?: string
  organization?: string
  query?: string
  sort?: string
  limit?: number
}

export default async (
  { project, organization, query = 'is:unresolved', sort = 'freq', limit = 10 }: Input,
  tools: Tools,
) => {
  const organizationSlug = organization ?? (await firstOrganization(tools))
  const text = await tools.sentry.search_issues({
    organizationSlug,
    query: project === undefined ? query : `${query} project:${project}`,
    sort,
    limit,
  })
  return String(text)
    .split(/^## (?=\d+\. )/m)
    .slice(1)
    .map(readIssue)
}

async function firstOrganization(tools: Tools): Promise<string> {
  const text = String(await tools.sentry.find_organizations({}))
  const slug = /^## \*\*(.+?)\*\*/m.exec(text)?.[1]
  if (slug === undefined) throw new Error('this token sees no Sentry organization')
  return slug
}

/** One numbered section of a search answer: a link with the short id, the title in bold, then a list of fields. */
function readIssue(section: string) {
  const field = (name: string): string | undefined =>
    new RegExp(`^- \\*\\*${name}\\*\\*: (.*)$`, 'm').exec(section)?.[1]
  return {
    id: /^\d+\. \[(.+?)\]/.exec(section)?.[1],
    title: /^\*\*(.+)\*\*$/m.exec(section)?.[1],
    culprit: field('Culprit')?.replaceAll('`', ''),
    events: Number(field('Events') ?? 0),
    users: Number(field('Users') ?? 0),
    last_seen: field('Last seen'),
  }
}
