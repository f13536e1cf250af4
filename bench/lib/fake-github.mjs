// A small stand-in for GitHub's HTTP API: seeded issues of one repository, in the wire format of the real one as far as
// @modelcontextprotocol/server-github asks for it.
import { createServer } from 'node:http'

const LABELS = ['bug', 'docs', 'needs-triage', 'performance']
const PEOPLE = ['ada', 'ben', 'cleo', 'dora']
const TITLES = [
  'Crash when saving',
  'Wrong total in report',
  'Slow start',
  'Typo in guide',
  'Timeout on import',
  'Broken link',
]

/** Starts the API on a loopback port; `issues` is what it holds, `comments` what was added. */
export async function startFakeGitHub({ issues: count = 180 } = {}) {
  const state = { issues: Array.from({ length: count }, (_, index) => makeIssue(index + 1)), comments: [] }
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const url = new URL(request.url, 'http://fake')
    const body = route(request.method, url, text === '' ? {} : JSON.parse(text), state)
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body ?? { message: 'Not Found' }))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    ...state,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      }),
  }
}

function route(method, url, body, { issues, comments }) {
  const path = /^\/repos\/acme\/shop\/issues(?:\/(\d+)(\/comments)?)?$/.exec(url.pathname)
  if (path === null) return undefined
  const [, number, onComments] = path
  if (number === undefined) return method === 'POST' ? create(body, issues) : list(url.searchParams, issues)
  const issue = issues.find((one) => one.number === Number(number))
  if (issue === undefined) return undefined
  if (onComments !== undefined) {
    const comment = { id: comments.length + 1, issue: issue.number, body: body.body, user: person('bot') }
    comments.push(comment)
    return comment
  }
  if (method === 'PATCH')
    Object.assign(issue, body, body.labels === undefined ? {} : { labels: body.labels.map(label) })
  return issue
}

function create(body, issues) {
  const issue = { ...makeIssue(issues.length + 1), ...body, labels: (body.labels ?? []).map(label), state: 'open' }
  issues.push(issue)
  return issue
}

function list(parameters, issues) {
  const [state, labels] = [parameters.get('state') ?? 'open', parameters.get('labels')?.split(',') ?? []]
  const [page, size] = [Number(parameters.get('page') ?? 1), Number(parameters.get('per_page') ?? 30)]
  return issues
    .filter((issue) => state === 'all' || issue.state === state)
    .filter((issue) => labels.every((wanted) => issue.labels.some(({ name }) => name === wanted)))
    .toSorted((a, b) => b.number - a.number)
    .slice((page - 1) * size, page * size)
}

function makeIssue(number) {
  const url = `https://api.github.com/repos/acme/shop/issues/${number}`
  const at = new Date(Date.UTC(2026, 0, 1) + number * 7_200_000).toISOString()
  return {
    url,
    repository_url: 'https://api.github.com/repos/acme/shop',
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: `https://github.com/acme/shop/issues/${number}`,
    id: 9_000_000 + number,
    node_id: `I_kw${number}`,
    number,
    title: `${TITLES[number % TITLES.length]} (${number})`,
    user: person(PEOPLE[number % PEOPLE.length]),
    labels: [label(LABELS[number % LABELS.length])],
    state: number % 3 === 0 ? 'closed' : 'open',
    locked: false,
    assignee: person(PEOPLE[(number * 7) % PEOPLE.length]),
    assignees: [person(PEOPLE[(number * 7) % PEOPLE.length])],
    milestone: null,
    comments: number % 5,
    created_at: at,
    updated_at: at,
    closed_at: number % 3 === 0 ? at : null,
    author_association: 'MEMBER',
    body: `Seen in version ${1 + (number % 4)}.2. Steps: open the page, press the button, wait. Expected: it works. Found: it does not.`,
    reactions: {
      url: `${url}/reactions`,
      total_count: 0,
      '+1': 0,
      '-1': 0,
      laugh: 0,
      hooray: 0,
      confused: 0,
      heart: 0,
    },
    timeline_url: `${url}/timeline`,
    performed_via_github_app: null,
    state_reason: null,
  }
}

function label(name) {
  return {
    id: name.length,
    node_id: `L_${name}`,
    url: `https://api.github.com/repos/acme/shop/labels/${name}`,
    name,
    color: 'd73a4a',
    default: false,
    description: `About ${name}`,
  }
}

function person(login) {
  return {
    login,
    id: login.length,
    node_id: `U_${login}`,
    avatar_url: `https://avatars.githubusercontent.com/u/${login}`,
    url: `https://api.github.com/users/${login}`,
    html_url: `https://github.com/${login}`,
    type: 'User',
    site_admin: false,
  }
}
