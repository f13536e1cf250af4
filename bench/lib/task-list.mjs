// The tasks, each as every kind of agent would do it. `rounds`: calls of tools, those of one round side by side, each round from
// the texts of the rounds before (for agents that call tools one by one); `turns`: what an agent of ours sends after its search
// (`compact`: with the two tools of the compact surface, where that is other code);
// `answer`: what the agent then says; `truth`: what is right. Tasks where we lose stay in.
import { join } from 'node:path'
import { groupBy } from './group-by.mjs'

const json = (text) => JSON.parse(text.slice(Math.max(0, text.search(/[[{]/))))
const file = (world, name) => join(world.files, name)
const webError = (world) =>
  world.sentry.issues.find(({ shortId, metadata }) => shortId.startsWith('WEB-') && metadata.type === 'TypeError')
    .shortId
const topErrors = (world, project, count) =>
  world.sentry.issues
    .filter((issue) => issue.project.slug === project && issue.status === 'unresolved')
    .toSorted((a, b) => Number(b.count) - Number(a.count))
    .slice(0, count)
    .map(({ shortId }) => shortId)
const shortIds = (text) => [...new Set([...text.matchAll(/\[((?:WEB|API|JOBS)-\w+)\]/g)].map(([, id]) => id))]
const repo = { owner: 'acme', repo: 'shop' }
const organizations = () => [['sentry.find_organizations', {}]]
const code = (source) => [['execute_code', { code: source }]]
const intent = (name, params) => [['execute_intent', { intent: name, params }]]
const counted = (list, key) =>
  Object.fromEntries(
    [...groupBy(list, key)].map(([name, group]) => [name, group.length]).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  )

export const TASKS = [
  {
    name: 'sentry: list the top 5 errors',
    scenario: 'list',
    servers: ['sentry'],
    ask: () => 'Which 5 unresolved errors of project web happen most often? Their ids.',
    tools: ['sentry.find_organizations', 'sentry.search_issues'],
    rounds: [
      organizations,
      () => [
        [
          'sentry.search_issues',
          { organizationSlug: 'acme', query: 'is:unresolved project:web', sort: 'freq', limit: 5 },
        ],
      ],
    ],
    queries: ['sentry list errors'],
    found: ['list_errors'],
    turns: [() => intent('list_errors', { project: 'web', limit: 5 })],
    compact: [
      () =>
        code(
          "return (await intents.list_errors({ project: 'web', limit: 5 })).map(({ id, title, events }) => ({ id, title, events }))",
        ),
    ],
    answer: (_world, seen, data) => data?.map(({ id }) => id) ?? shortIds(seen.at(-1)[0]),
    truth: (world) => topErrors(world, 'web', 5),
  },
  {
    name: 'sentry: where an error comes from',
    scenario: 'detail',
    servers: ['sentry'],
    ask: (world) => `In which file and line does error ${webError(world)} happen?`,
    tools: ['sentry.find_organizations', 'sentry.get_sentry_resource'],
    rounds: [
      organizations,
      (world) => [
        [
          'sentry.get_sentry_resource',
          { organizationSlug: 'acme', resourceType: 'issue', resourceId: webError(world) },
        ],
      ],
    ],
    queries: ['sentry error details stack trace'],
    found: ['get_error'],
    turns: [(world) => intent('get_error', { id: webError(world) })],
    answer: (_world, seen, data) =>
      data === undefined
        ? { file: 'src/cart/summary.js', line: Number(/src\/cart\/summary\.js:(\d+)/.exec(seen.at(-1)[0])?.[1]) }
        : { file: data.frame.file, line: data.frame.line },
    truth: () => ({ file: 'src/cart/summary.js', line: 42 }),
  },
  {
    name: 'sentry: analyse an error',
    scenario: 'analysis',
    servers: ['sentry'],
    ask: (world) =>
      `Why does error ${webError(world)} happen, and are there similar ones? Culprit function, whether there are more.`,
    tools: ['sentry.find_organizations', 'sentry.get_sentry_resource', 'sentry.search_issues'],
    rounds: [
      organizations,
      (world) => [
        [
          'sentry.get_sentry_resource',
          { organizationSlug: 'acme', resourceType: 'issue', resourceId: webError(world) },
        ],
      ],
      () => [['sentry.search_issues', { organizationSlug: 'acme', query: 'is:unresolved renderSummary', limit: 20 }]],
    ],
    queries: ['sentry analyze error cause'],
    found: ['analyze_error'],
    turns: [(world) => intent('analyze_error', { id: webError(world) })],
    answer: (_world, seen, data) =>
      data === undefined
        ? { culprit: /renderSummary/.exec(seen.at(-2)[0])?.[0], more: shortIds(seen.at(-1)[0]).length > 1 }
        : { culprit: /renderSummary/.exec(JSON.stringify(data))?.[0], more: data.similar.shown > 0 },
    truth: () => ({ culprit: 'renderSummary', more: true }),
  },
  {
    name: 'files: read one setting',
    servers: ['filesystem'],
    ask: (world) => `Which port does ${file(world, 'config.json')} set?`,
    tools: ['filesystem.read_text_file'],
    rounds: [(world) => [['filesystem.read_text_file', { path: file(world, 'config.json') }]]],
    queries: ['filesystem read text file'],
    turns: [(world) => intent('filesystem.read_text_file', { path: file(world, 'config.json') })],
    answer: (_world, seen, data) => (data === undefined ? json(seen[0][0]) : json(data.content ?? data)).port,
    truth: (world) => world.truth.port,
  },
  {
    name: 'files: count TODOs in 24 sources',
    servers: ['filesystem'],
    ask: (world) => `How many TODO comments are in the sources below ${file(world, 'src')}?`,
    tools: ['filesystem.search_files', 'filesystem.read_multiple_files'],
    rounds: [
      (world) => [['filesystem.search_files', { path: file(world, 'src'), pattern: '**/*.ts' }]],
      (_world, seen) => [['filesystem.read_multiple_files', { paths: seen[0][0].split('\n') }]],
    ],
    queries: ['filesystem search files', 'filesystem read multiple files'],
    turns: [
      (world) =>
        code(`const { content } = await tools.filesystem.search_files({ path: ${JSON.stringify(file(world, 'src'))}, pattern: '**/*.ts' })
const all = await tools.filesystem.read_multiple_files({ paths: content.split('\\n') })
return all.content.split('TODO').length - 1`),
    ],
    answer: (_world, seen, data) => data ?? seen.at(-1)[0].split('TODO').length - 1,
    truth: (world) => world.truth.todos,
  },
  {
    name: 'files: errors a day in 6 logs',
    servers: ['filesystem'],
    ask: (world) => `How many ERROR lines do the logs in ${file(world, 'logs')} hold together?`,
    tools: ['filesystem.list_directory', 'filesystem.read_text_file'],
    rounds: [
      (world) => [['filesystem.list_directory', { path: file(world, 'logs') }]],
      (world, seen) =>
        [...seen[0][0].matchAll(/day\d\.log/g)].map(([name]) => [
          'filesystem.read_text_file',
          { path: file(world, `logs/${name}`) },
        ]),
    ],
    queries: ['filesystem list directory', 'filesystem read text file'],
    turns: [
      // A first look at what a listing looks like: its shape is not in the signature.
      (world) => intent('filesystem.list_directory', { path: file(world, 'logs') }),
      (world) =>
        code(`const path = ${JSON.stringify(file(world, 'logs'))}
const { content } = await tools.filesystem.list_directory({ path })
const names = content.split('\\n').map((line) => line.replace('[FILE] ', ''))
const logs = await Promise.all(names.map((name) => tools.filesystem.read_text_file({ path: path + '/' + name })))
return logs.map(({ content }) => content.split('ERROR').length - 1).reduce((a, b) => a + b)`),
    ],
    answer: (_world, seen, data) =>
      data ?? seen[1].map((text) => text.split('ERROR').length - 1).reduce((a, b) => a + b),
    truth: (world) => world.truth.errors,
  },
  {
    name: 'files: sum sales by region (600 rows)',
    servers: ['filesystem'],
    ask: (world) => `Sum the amounts of ${file(world, 'sales.csv')} by region.`,
    tools: ['filesystem.read_text_file'],
    rounds: [(world) => [['filesystem.read_text_file', { path: file(world, 'sales.csv') }]]],
    queries: ['filesystem read text file'],
    turns: [
      (world) => intent('filesystem.read_text_file', { path: file(world, 'sales.csv'), head: 3 }),
      (world) =>
        code(`const { content } = await tools.filesystem.read_text_file({ path: ${JSON.stringify(file(world, 'sales.csv'))} })
const totals: Record<string, number> = {}
for (const line of content.split('\\n').slice(1)) {
  const [, region, amount] = line.split(',')
  totals[region] = (totals[region] ?? 0) + Number(amount)
}
return totals`),
    ],
    answer: (_world, seen, data) => sorted(data ?? sums(seen[0][0])),
    truth: (world) => sorted(world.truth.totals),
  },
  {
    name: 'files: a wrong path, corrected',
    servers: ['filesystem'],
    ask: (world) => `Which port is set in ${file(world, 'settings.json')} (or a file like it beside it)?`,
    tools: ['filesystem.read_text_file', 'filesystem.list_directory'],
    rounds: [
      (world) => [['filesystem.read_text_file', { path: file(world, 'settings.json') }]],
      (world) => [['filesystem.list_directory', { path: world.files }]],
      (world) => [['filesystem.read_text_file', { path: file(world, 'config.json') }]],
    ],
    queries: ['filesystem read text file', 'filesystem list directory'],
    turns: [
      (world) => intent('filesystem.read_text_file', { path: file(world, 'settings.json') }),
      (world) => intent('filesystem.list_directory', { path: world.files }),
      (world) => intent('filesystem.read_text_file', { path: file(world, 'config.json') }),
    ],
    answer: (_world, seen, data) => (data === undefined ? json(seen[2][0]) : json(data.content ?? data)).port,
    truth: (world) => world.truth.port,
  },
  {
    name: 'files to memory: 120 people',
    servers: ['filesystem', 'memory'],
    ask: (world) =>
      `Store everybody of ${file(world, 'people.json')} as an entity of type team; how many, which teams?`,
    tools: ['filesystem.read_text_file', 'memory.create_entities'],
    rounds: [
      (world) => [['filesystem.read_text_file', { path: file(world, 'people.json') }]],
      (_world, seen) => [['memory.create_entities', { entities: json(seen[0][0]).map(entity) }]],
    ],
    queries: ['filesystem read text file', 'memory create entities'],
    turns: [
      (world) => intent('filesystem.read_text_file', { path: file(world, 'people.json'), head: 1 }),
      (world) =>
        code(`const { content } = await tools.filesystem.read_text_file({ path: ${JSON.stringify(file(world, 'people.json'))} })
const people: { name: string; team: string }[] = JSON.parse(content)
const { entities } = await tools.memory.create_entities({ entities: people.map(({ name, team }) => ({ name, entityType: team, observations: [] })) })
return { people: entities.length, teams: [...new Set(people.map(({ team }) => team))] }`),
    ],
    answer: (_world, seen, data) =>
      data ?? { people: json(seen[0][0]).length, teams: [...new Set(json(seen[0][0]).map(({ team }) => team))] },
    truth: (world) => ({ people: world.truth.people, teams: world.truth.teams }),
  },
  {
    name: 'memory: a small graph, asked back',
    servers: ['memory'],
    ask: () => 'Remember that Ada leads team red and Ben works in it; then tell who is related to red.',
    tools: ['memory.create_entities', 'memory.create_relations', 'memory.open_nodes'],
    rounds: [
      () => [['memory.create_entities', { entities: GRAPH.entities }]],
      () => [['memory.create_relations', { relations: GRAPH.relations }]],
      () => [['memory.open_nodes', { names: ['Ada', 'Ben', 'red'] }]],
    ],
    queries: ['memory create entities', 'memory create relations', 'memory open nodes'],
    turns: [
      () =>
        code(`await tools.memory.create_entities(${JSON.stringify({ entities: GRAPH.entities })})
await tools.memory.create_relations(${JSON.stringify({ relations: GRAPH.relations })})
const { relations } = await tools.memory.open_nodes({ names: ['Ada', 'Ben', 'red'] })
return relations.filter(({ to }) => to === 'red').map(({ from }) => from)`),
    ],
    answer: (_world, seen, data) => (data ?? json(seen[2][0]).relations.map(({ from }) => from)).toSorted(),
    truth: () => ['Ada', 'Ben'],
  },
  {
    name: 'everything: one sum',
    servers: ['everything'],
    ask: () => 'Add 19 and 23 with the tool for sums.',
    tools: ['everything.get_sum'],
    rounds: [() => [['everything.get_sum', { a: 19, b: 23 }]]],
    queries: ['everything sum of numbers'],
    turns: [() => intent('everything.get_sum', { a: 19, b: 23 })],
    answer: (_world, seen, data) => Number(/is (\d+)/.exec(data ?? seen[0][0])?.[1]),
    truth: () => 42,
  },
  {
    name: 'everything: ten sums at once',
    servers: ['everything'],
    ask: () => `Add each of these pairs with the tool: ${JSON.stringify(PAIRS)}.`,
    tools: ['everything.get_sum'],
    rounds: [() => PAIRS.map(([a, b]) => ['everything.get_sum', { a, b }])],
    queries: ['everything sum of numbers'],
    turns: [
      () => [
        ['execute_batch', { requests: PAIRS.map(([a, b]) => ({ intent: 'everything.get_sum', params: { a, b } })) }],
      ],
    ],
    answer: (_world, seen, data) =>
      (data?.map(({ data: text }) => text) ?? seen[0]).map((text) => Number(/is (\d+)/.exec(text)?.[1])),
    truth: () => PAIRS.map(([a, b]) => a + b),
  },
  {
    name: 'git: authors of the last 12 commits',
    servers: ['git'],
    ask: (world) => `How many commits has each author in ${world.repository}?`,
    tools: ['git.git_log'],
    rounds: [(world) => [['git.git_log', { path: world.repository, maxCount: 50 }]]],
    queries: ['git log commits'],
    turns: [
      (world) => intent('git.git_log', { path: world.repository, maxCount: 1 }),
      (world) =>
        code(`const { commits } = await tools.git.git_log({ path: ${JSON.stringify(world.repository)}, maxCount: 50 })
const counts: Record<string, number> = {}
for (const { author } of commits) counts[author] = (counts[author] ?? 0) + 1
return counts`),
    ],
    answer: (_world, seen, data) => sorted(data ?? counted(json(seen[0][0]).commits, ({ author }) => author)),
    truth: () => ({ Ada: 4, Ben: 4, Cleo: 4 }),
  },
  {
    name: 'git: which commit brought a word',
    servers: ['git'],
    ask: (world) => `Which commit in ${world.repository} first added "retryBudget"? Its subject.`,
    tools: ['git.git_log', 'git.git_show'],
    rounds: [
      (world) => [['git.git_log', { path: world.repository, maxCount: 50 }]],
      (world, seen) =>
        json(seen[0][0]).commits.map(({ hash }) => ['git.git_show', { path: world.repository, object: hash }]),
    ],
    queries: ['git log commits', 'git show commit'],
    turns: [
      (world) => intent('git.git_log', { path: world.repository, maxCount: 1 }),
      (world) =>
        code(`const path = ${JSON.stringify(world.repository)}
const { commits } = await tools.git.git_log({ path, maxCount: 50 })
const shown = await Promise.all(commits.map(({ hash }) => tools.git.git_show({ path, object: hash })))
return commits.findLast((_commit, index) => /^\\+.*retryBudget/m.test(shown[index].content)).subject`),
    ],
    answer: (_world, seen, data) =>
      data ??
      json(seen[0][0]).commits.findLast((_commit, index) => /\+.*retryBudget/.test(json(seen[1][index]).content))
        .subject,
    truth: () => 'Change 8',
  },
  {
    name: 'github: open bugs by assignee',
    servers: ['github'],
    ask: () => 'How many open issues with label bug has each assignee in acme/shop?',
    tools: ['github.list_issues'],
    rounds: [() => [['github.list_issues', { ...repo, state: 'open', labels: ['bug'], per_page: 100 }]]],
    queries: ['github list issues'],
    turns: [
      () => intent('github.list_issues', { ...repo, state: 'open', labels: ['bug'], per_page: 1 }),
      () =>
        code(`const issues = await tools.github.list_issues({ owner: 'acme', repo: 'shop', state: 'open', labels: ['bug'], per_page: 100 })
const counts: Record<string, number> = {}
for (const { assignee } of issues) counts[assignee.login] = (counts[assignee.login] ?? 0) + 1
return counts`),
    ],
    answer: (_world, seen, data) => sorted(data ?? counted(json(seen[0][0]), ({ assignee }) => assignee.login)),
    truth: (world) => counted(openIssues(world, 'bug'), ({ assignee }) => assignee.login),
  },
  {
    name: 'github: answer the oldest issues to triage',
    servers: ['github'],
    ask: () =>
      'Comment "Thanks, we will look at it" on the 8 oldest open issues with label needs-triage in acme/shop; their numbers.',
    tools: ['github.list_issues', 'github.add_issue_comment'],
    rounds: [
      () => [
        ['github.list_issues', { ...repo, labels: ['needs-triage'], sort: 'created', direction: 'asc', per_page: 100 }],
      ],
      (_world, seen) =>
        oldest(json(seen[0][0])).map((issue_number) => [
          'github.add_issue_comment',
          { ...repo, issue_number, body: 'Thanks, we will look at it' },
        ]),
    ],
    queries: ['github list issues', 'github add issue comment'],
    turns: [
      () => intent('github.list_issues', { ...repo, labels: ['needs-triage'], per_page: 1 }),
      () =>
        code(`const repo = { owner: 'acme', repo: 'shop' }
const issues = await tools.github.list_issues({ ...repo, labels: ['needs-triage'], sort: 'created', direction: 'asc', per_page: 100 })
const numbers = issues.map(({ number }) => number).sort((a, b) => a - b).slice(0, 8)
await Promise.all(numbers.map((issue_number) => tools.github.add_issue_comment({ ...repo, issue_number, body: 'Thanks, we will look at it' })))
return numbers`),
    ],
    answer: (_world, seen, data) => data ?? oldest(json(seen[0][0])),
    truth: (world) => {
      const numbers = oldest(openIssues(world, 'needs-triage'))
      return numbers.every((number) => world.github.comments.filter(({ issue }) => issue === number).length === 1)
        ? numbers
        : 'comments are missing or doubled'
    },
  },
  {
    name: 'github to file: notes of what was closed',
    servers: ['github', 'filesystem'],
    ask: (world) =>
      `Write the numbers and titles of the closed bugs of acme/shop as a list to ${file(world, 'NOTES.md')}; how many?`,
    tools: ['github.list_issues', 'filesystem.write_file'],
    rounds: [
      () => [['github.list_issues', { ...repo, state: 'closed', labels: ['bug'], per_page: 100 }]],
      (world, seen) => [['filesystem.write_file', { path: file(world, 'NOTES.md'), content: notes(json(seen[0][0])) }]],
    ],
    queries: ['github list issues', 'filesystem write file'],
    turns: [
      () => intent('github.list_issues', { ...repo, state: 'closed', labels: ['bug'], per_page: 1 }),
      (world) =>
        code(`const issues = await tools.github.list_issues({ owner: 'acme', repo: 'shop', state: 'closed', labels: ['bug'], per_page: 100 })
const content = issues.map(({ number, title }) => \`- #\${number} \${title}\`).join('\\n')
await tools.filesystem.write_file({ path: ${JSON.stringify(file(world, 'NOTES.md'))}, content })
return issues.length`),
    ],
    answer: (_world, seen, data) => data ?? json(seen[0][0]).length,
    truth: (world) => world.github.issues.filter((issue) => issue.state === 'closed' && hasLabel(issue, 'bug')).length,
  },
  {
    name: 'sentry to github: file the top 3 errors',
    servers: ['sentry', 'github'],
    ask: () =>
      'File a GitHub issue in acme/shop for each of the 3 most frequent unresolved errors of project api, titled with their ids.',
    tools: ['sentry.find_organizations', 'sentry.search_issues', 'github.create_issue'],
    rounds: [
      organizations,
      () => [
        [
          'sentry.search_issues',
          { organizationSlug: 'acme', query: 'is:unresolved project:api', sort: 'freq', limit: 3 },
        ],
      ],
      (_world, seen) =>
        shortIds(seen[1][0]).map((title) => ['github.create_issue', { ...repo, title, labels: ['bug'] }]),
    ],
    queries: ['sentry list errors', 'github create issue'],
    found: ['list_errors', 'github.create_issue'],
    turns: [
      () =>
        code(`const errors = await intents.list_errors({ project: 'api', limit: 3 })
await Promise.all(errors.map(({ id }) => tools.github.create_issue({ owner: 'acme', repo: 'shop', title: id, labels: ['bug'] })))
return errors.map(({ id }) => id)`),
    ],
    answer: (_world, seen, data) => data ?? shortIds(seen[1][0]),
    truth: (world) => {
      const ids = topErrors(world, 'api', 3)
      return ids.every((id) => world.github.issues.filter(({ title }) => title === id).length === 1)
        ? ids
        : 'issues are missing or doubled'
    },
  },
  {
    name: 'postgres: the five best customers',
    servers: ['postgres'],
    ask: () => 'Which five customers have the highest total of orders? Their names.',
    tools: ['postgres.pg_execute_query'],
    rounds: [
      () => [['postgres.pg_execute_query', select(COLUMNS)]],
      () => [['postgres.pg_execute_query', select(BEST)]],
    ],
    queries: ['postgres execute query'],
    turns: [
      () => intent('postgres.pg_execute_query', select(COLUMNS)),
      () => intent('postgres.pg_execute_query', select(BEST)),
    ],
    answer: (_world, seen, data) => rows(data ?? seen[1][0]).map(({ name }) => name),
    truth: async (world) => (await world.postgres.query(BEST)).split('\n').map((line) => line.split('|')[0]),
  },
  {
    name: 'postgres to file: export 200 customers',
    servers: ['postgres', 'filesystem'],
    ask: (world) =>
      `Write id, name and country of all customers as CSV to ${file(world, 'customers.csv')}; how many rows?`,
    tools: ['postgres.pg_execute_query', 'filesystem.write_file'],
    rounds: [
      () => [['postgres.pg_execute_query', { ...select(CUSTOMERS), limit: 1_000 }]],
      (world, seen) => [
        ['filesystem.write_file', { path: file(world, 'customers.csv'), content: csv(rows(seen[0][0])) }],
      ],
    ],
    queries: ['postgres execute query', 'filesystem write file'],
    turns: [
      () => intent('postgres.pg_execute_query', { ...select(CUSTOMERS), limit: 1 }),
      (world) =>
        code(`const text: any = await tools.postgres.pg_execute_query({ operation: 'select', query: ${JSON.stringify(CUSTOMERS)}, limit: 1000 })
const rows = JSON.parse(text.slice(text.indexOf('[')))
const content = rows.map(({ id, name, country }) => [id, name, country].join(',')).join('\\n')
await tools.filesystem.write_file({ path: ${JSON.stringify(file(world, 'customers.csv'))}, content })
return rows.length`),
    ],
    answer: (_world, seen, data) => data ?? rows(seen[0][0]).length,
    truth: () => 200,
  },
]

const PAIRS = Array.from({ length: 10 }, (_, index) => [index * 3, index * 5 + 1])
const GRAPH = {
  entities: ['Ada', 'Ben', 'red'].map((name) => ({
    name,
    entityType: name === 'red' ? 'team' : 'person',
    observations: [],
  })),
  relations: [
    { from: 'Ada', to: 'red', relationType: 'leads' },
    { from: 'Ben', to: 'red', relationType: 'works in' },
  ],
}
const COLUMNS = "select table_name, column_name from information_schema.columns where table_schema = 'public'"
const BEST =
  'select c.name, sum(o.total) as total from customers c join orders o on o.customer_id = c.id group by c.name order by total desc, c.name limit 5'
const CUSTOMERS = 'select id, name, country from customers order by id'
const select = (query) => ({ operation: 'select', query })

function entity({ name, team }) {
  return { name, entityType: team, observations: [] }
}

function sums(text) {
  const totals = {}
  for (const line of text.split('\n').slice(1)) {
    const [, region, amount] = line.split(',')
    totals[region] = (totals[region] ?? 0) + Number(amount)
  }
  return totals
}

function sorted(object) {
  return Object.fromEntries(Object.entries(object).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function rows(text) {
  return JSON.parse(text.slice(text.indexOf('[')))
}

function csv(list) {
  return list.map(({ id, name, country }) => [id, name, country].join(',')).join('\n')
}

function oldest(issues) {
  return issues
    .map(({ number }) => number)
    .toSorted((a, b) => a - b)
    .slice(0, 8)
}

function notes(issues) {
  return issues.map(({ number, title }) => `- #${number} ${title}`).join('\n')
}

function hasLabel({ labels }, wanted) {
  return labels.some(({ name }) => name === wanted)
}

function openIssues(world, wanted) {
  return world.github.issues.filter((issue) => issue.state === 'open' && hasLabel(issue, wanted))
}
