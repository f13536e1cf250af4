// A small stand-in for Sentry's HTTP API, for the demo, tests and benchmarks: a few thousand seeded issues, in the wire
// format of the real one as far as the Sentry MCP server asks for it.
import { createServer } from 'node:http'

const ORGANIZATION = { id: '1', slug: 'acme', name: 'Acme' }
const PROJECTS = [
  { id: '11', slug: 'web', name: 'web', platform: 'javascript' },
  { id: '12', slug: 'api', name: 'api', platform: 'node' },
  { id: '13', slug: 'jobs', name: 'jobs', platform: 'python' },
]

/** Kinds of errors, each with the frame that caused it and, mostly, its source. */
const KINDS = [
  {
    type: 'TypeError',
    value: "Cannot read properties of undefined (reading 'total')",
    project: 'web',
    file: 'src/cart/summary.js',
    function: 'renderSummary',
    line: 42,
    source: [
      'export function renderSummary(order) {',
      '  const currency = order.currency',
      '  const amount = order.invoice.total',
      '  return format(amount, currency)',
      '}',
    ],
    at: 2,
  },
  {
    type: 'SyntaxError',
    value: 'Unexpected token < in JSON at position 0',
    project: 'web',
    file: 'src/api/client.js',
    function: 'fetchProfile',
    line: 17,
    source: [
      'async function fetchProfile(id) {',
      '  const response = await fetch(`/profiles/${id}`)',
      '  const body = JSON.parse(await response.text())',
      '  return body.profile',
      '}',
    ],
    at: 2,
  },
  {
    type: 'Error',
    value: 'Missing environment variable PAYMENT_URL',
    project: 'api',
    file: 'src/config/read.js',
    function: 'readConfig',
    line: 8,
    source: [
      'export function readConfig(env) {',
      '  const url = env.PAYMENT_URL',
      "  if (!url) throw new Error('Missing environment variable PAYMENT_URL')",
      '  return { url }',
      '}',
    ],
    at: 2,
  },
  {
    type: 'TimeoutError',
    value: 'Request to https://rates.example/v1 timed out after 5000 ms',
    project: 'api',
    file: 'src/rates/load.js',
    function: 'loadRates',
    line: 23,
    source: undefined,
    at: 0,
  },
  {
    type: 'KeyError',
    value: "'customer_id'",
    project: 'jobs',
    file: 'jobs/billing.py',
    function: 'bill',
    line: 61,
    source: [
      'def bill(event):',
      '    amount = event["amount"]',
      '    customer = event["customer_id"]',
      '    charge(customer, amount)',
      '',
    ],
    at: 2,
  },
  {
    type: 'ZeroDivisionError',
    value: 'division by zero',
    project: 'jobs',
    file: 'jobs/stats.py',
    function: 'mean',
    line: 12,
    source: ['def mean(values):', '    total = sum(values)', '    return total / len(values)', '', ''],
    at: 2,
  },
]

/** Starts the API on a loopback port. `requests` grows with each call. */
export async function startFakeSentry({ port = 0, issues: count = 4_000, seed = 1 } = {}) {
  const issues = makeIssues(count, seed)
  const byId = new Map(
    issues.flatMap((issue) => [
      [issue.id, issue],
      [issue.shortId, issue],
    ]),
  )
  const requests = []
  const server = createServer((request, response) => {
    const url = new URL(request.url, 'http://fake')
    requests.push(`${request.method} ${url.pathname}`)
    const body = route(request.method, url, issues, byId, server.address().port)
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body ?? { detail: 'The requested resource does not exist' }))
  })
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    port: server.address().port,
    issues,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      }),
  }
}

/** Arguments that make the Sentry MCP server use the fake. */
export function sentryServerArguments(port) {
  return ['--access-token=sntrys_demo', `--host=127.0.0.1:${port}`, '--insecure-http']
}

function route(method, url, issues, byId, port) {
  const path = url.pathname.replace(/^\/api\/0/, '').replace(/\/$/, '')
  const links = {
    regionUrl: `http://127.0.0.1:${port}`,
    organizationUrl: `http://127.0.0.1:${port}/organizations/acme`,
  }
  if (path === '/organizations') return [{ ...ORGANIZATION, links }]
  if (path === '/organizations/acme') return { ...ORGANIZATION, links }
  if (path === '/organizations/acme/projects') return PROJECTS
  if (path === '/organizations/acme/issues') return findIssues(issues, url.searchParams)
  const inProject = /^\/projects\/acme\/([^/]+)\/issues$/.exec(path)
  if (inProject !== null)
    return findIssues(
      issues.filter(({ project }) => project.slug === inProject[1]),
      url.searchParams,
    )
  const issuePath = /^\/organizations\/acme\/issues\/([^/]+)(\/.*)?$/.exec(path)
  const issue = issuePath === null ? undefined : byId.get(issuePath[1])
  if (issue === undefined)
    return path === '/users/me' ? { id: '1', name: 'Demo', email: 'demo@example.com' } : undefined
  switch (issuePath[2]) {
    case undefined:
      return withoutKind(issue)
    case '/events/latest':
    case '/events/recommended':
      return eventOf(issue)
    case '/autofix':
      return { autofix: null }
    case '/events':
      return [eventOf(issue)]
    case '/external-issues':
      return []
    default:
      return undefined
  }
}

/** `is:unresolved project:web TypeError`: known filters, then words that must occur in title or culprit. */
function findIssues(issues, parameters) {
  const terms = (parameters.get('query') ?? '').match(/(?:[^\s"]+:)?"[^"]*"|\S+/g) ?? []
  const projects = parameters
    .getAll('project')
    .map((id) => PROJECTS.find((project) => project.id === id || project.slug === id)?.slug)
  const found = issues.filter(
    (issue) =>
      terms.every((term) => matches(issue, term)) && (projects.length === 0 || projects.includes(issue.project.slug)),
  )
  const sorts = {
    freq: (a, b) => Number(b.count) - Number(a.count),
    user: (a, b) => b.userCount - a.userCount,
    new: (a, b) => b.firstSeen.localeCompare(a.firstSeen),
    date: (a, b) => b.lastSeen.localeCompare(a.lastSeen),
  }
  return found
    .toSorted(sorts[parameters.get('sort')] ?? sorts.date)
    .slice(0, Number(parameters.get('limit') ?? 25))
    .map(withoutKind)
}

function matches(issue, term) {
  const [, key, raw] = /^(?:([\w.]+):)?"?([^"]*)"?$/.exec(term) ?? []
  const value = raw ?? term
  if (key === 'is') return value === 'unresolved' ? issue.status === 'unresolved' : value === issue.status
  if (key === 'project') return issue.project.slug === value
  if (key === 'level') return issue.level === value
  if (key === 'error.type') return issue.metadata.type === value
  if (key !== undefined) return true
  return `${issue.title} ${issue.culprit}`.toLowerCase().includes(value.toLowerCase())
}

function makeIssues(count, seed) {
  const random = generator(seed)
  const now = Date.UTC(2026, 10, 1)
  return Array.from({ length: count }, (_, index) => {
    const kind = KINDS[Math.floor(random() * KINDS.length)]
    const project = PROJECTS.find(({ slug }) => slug === kind.project)
    const id = String(1_000 + index)
    const shortId = `${kind.project.toUpperCase()}-${(index + 1).toString(36).toUpperCase()}`
    const lastSeen = new Date(now - Math.floor(random() * 20 * 86_400_000)).toISOString()
    return {
      id,
      shortId,
      title: `${kind.type}: ${kind.value}`,
      culprit: `${kind.function}(${kind.file})`,
      permalink: `https://acme.sentry.io/issues/${id}/`,
      level: 'error',
      status: random() < 0.8 ? 'unresolved' : 'resolved',
      substatus: 'ongoing',
      platform: project.platform,
      project,
      type: 'error',
      metadata: { type: kind.type, value: kind.value, filename: kind.file, function: kind.function },
      assignedTo: null,
      issueType: 'error',
      issueCategory: 'error',
      priority: 'high',
      isUnhandled: random() < 0.5,
      count: String(Math.floor(random() ** 4 * 20_000) + 1),
      userCount: Math.floor(random() ** 3 * 900),
      firstSeen: new Date(Date.parse(lastSeen) - Math.floor(random() * 60 * 86_400_000)).toISOString(),
      lastSeen,
      firstRelease: null,
      lastRelease: null,
      activity: [],
      stats: {},
      kind,
    }
  })
}

function withoutKind({ kind: _kind, ...issue }) {
  return issue
}

function eventOf(issue) {
  const { kind } = issue
  const context = kind.source === undefined ? [] : kind.source.map((text, index) => [kind.line - kind.at + index, text])
  const outer = {
    filename: 'node_modules/router/dispatch.js',
    absPath: '/app/node_modules/router/dispatch.js',
    module: 'router',
    function: 'dispatch',
    lineNo: 120,
    colNo: 9,
    inApp: false,
    context: [],
    vars: null,
  }
  const culprit = {
    filename: kind.file,
    absPath: `/app/${kind.file}`,
    module: null,
    function: kind.function,
    lineNo: kind.line,
    colNo: 24,
    inApp: true,
    context,
    vars: null,
  }
  return {
    id: `${issue.id.padStart(8, '0')}aaaabbbbccccddddeeeeffff`,
    eventID: `${issue.id.padStart(8, '0')}aaaabbbbccccddddeeeeffff`,
    groupID: issue.id,
    projectID: issue.project.id,
    title: issue.title,
    message: '',
    platform: issue.platform,
    type: 'error',
    dateCreated: issue.lastSeen,
    dateReceived: issue.lastSeen,
    tags: [
      { key: 'environment', value: 'production' },
      { key: 'release', value: 'shop@4.2.0' },
      { key: 'browser', value: 'Chrome 140' },
    ],
    contexts: { runtime: { name: 'node', version: '24.1.0', type: 'runtime' } },
    user: { id: '77', email: null, username: null, ip_address: null },
    sdk: { name: 'sentry.javascript.node', version: '9.1.0' },
    release: null,
    culprit: issue.culprit,
    entries: [
      {
        type: 'exception',
        data: {
          values: [
            {
              type: kind.type,
              value: kind.value,
              mechanism: { type: 'generic', handled: false },
              stacktrace: { frames: [outer, culprit] },
            },
          ],
        },
      },
      {
        type: 'request',
        data: { method: 'GET', url: 'https://shop.example/cart', query: [], data: null, headers: [] },
      },
      {
        type: 'breadcrumbs',
        data: {
          values: [
            {
              timestamp: issue.lastSeen,
              type: 'http',
              category: 'fetch',
              level: 'info',
              message: 'GET /cart',
              data: null,
            },
          ],
        },
      },
    ],
  }
}

/** Park-Miller: the same numbers for the same seed, everywhere. */
function generator(seed) {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}
