// What the tasks work on: folders, a repository, a shop database, fake Sentry and GitHub, and the real servers on them.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sentryServerArguments, startFakeSentry } from '../../demo/fake-sentry.mjs'
import { SERVERS, serverCommand, serverNode } from './catalogs.mjs'
import { startFakeGitHub } from './fake-github.mjs'
import { startPostgres } from './postgres.mjs'

const ours = (name) => fileURLToPath(new URL(`../../node_modules/${name}/dist/index.js`, import.meta.url))
const here = (name) => fileURLToPath(new URL(name, import.meta.url))
const TEAMS = ['red', 'green', 'blue', 'grey']
const REGIONS = ['north', 'south', 'east', 'west']

/** A fresh world: `servers` by name as a configuration has them, and what the checks look at. */
export async function createWorld() {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-optimizer-tasks-'))
  const files = join(folder, 'files')
  mkdirSync(files)
  const truth = writeFiles(files)
  const [sentry, github, postgres] = await Promise.all([startFakeSentry(), startFakeGitHub(), startPostgres()])
  const repository = makeRepository(join(folder, 'repository'))
  return {
    folder,
    files,
    repository,
    truth,
    sentry,
    github,
    postgres,
    servers: servers({ folder, files, repository, sentry, github, postgres }),
    async close() {
      await Promise.all([sentry.close(), github.close(), postgres?.close()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function servers({ folder, files, sentry, github, postgres }) {
  const node = (name, ...args) => ({ command: process.execPath, args: [ours(name), ...args] })
  const all = {
    filesystem: node('@modelcontextprotocol/server-filesystem', files),
    memory: { ...node('@modelcontextprotocol/server-memory'), env: { MEMORY_FILE_PATH: join(folder, 'memory.jsonl') } },
    everything: node('@modelcontextprotocol/server-everything', 'stdio'),
    sentry: node('@sentry/mcp-server', ...sentryServerArguments(sentry.port)),
  }
  const installed = (name, more) => {
    const server = SERVERS.find((one) => one.name === name)
    const command = server && serverCommand({ ...server, ...more })
    if (command !== undefined) all[name] = command
  }
  installed('git', { env: { MCP_TRANSPORT_TYPE: 'stdio', MCP_LOG_LEVEL: 'error', GIT_SIGN_COMMITS: 'false' } })
  installed('github', { env: { GITHUB_PERSONAL_ACCESS_TOKEN: 'dummy', FAKE_GITHUB_URL: github.url } })
  if (all.github !== undefined)
    all.github = {
      ...all.github,
      command: serverNode,
      args: ['--import', here('github-redirect.mjs'), ...all.github.args],
    }
  if (postgres !== undefined) installed('postgres', { args: ['--connection-string', postgres.url], env: {} })
  return all
}

function writeFiles(files) {
  const people = Array.from({ length: 120 }, (_, index) => ({ name: `person ${index}`, team: TEAMS[index % 4] }))
  writeFileSync(join(files, 'people.json'), JSON.stringify(people))
  writeFileSync(join(files, 'config.json'), JSON.stringify({ name: 'shop', port: 8_417, debug: false }))
  const sales = Array.from({ length: 600 }, (_, index) => [index, REGIONS[(index * 7) % 4], ((index * 53) % 900) + 10])
  writeFileSync(join(files, 'sales.csv'), ['id,region,amount', ...sales.map((row) => row.join(','))].join('\n'))
  mkdirSync(join(files, 'logs'))
  let errors = 0
  for (let day = 1; day <= 6; day++) {
    const lines = Array.from({ length: 120 }, (_, minute) => {
      const failed = (minute * day) % 17 === 3
      errors += Number(failed)
      return `2026-10-0${day}T10:${String(minute % 60).padStart(2, '0')}:00Z ${failed ? 'ERROR payment refused' : 'INFO request served'} id=${minute * day}`
    })
    writeFileSync(join(files, 'logs', `day${day}.log`), lines.join('\n'))
  }
  mkdirSync(join(files, 'src'))
  let todos = 0
  for (let index = 0; index < 24; index++) {
    const lines = Array.from({ length: 40 }, (_, line) => {
      const todo = (line * (index + 3)) % 29 === 5
      todos += Number(todo)
      return todo ? `  // TODO: handle case ${line}` : `  const value${line} = compute(${line})`
    })
    writeFileSync(join(files, 'src', `module${index}.ts`), `export function run() {\n${lines.join('\n')}\n}\n`)
  }
  const totals = Object.fromEntries(
    REGIONS.map((region) => [
      region,
      sales.filter(([, one]) => one === region).reduce((sum, [, , amount]) => sum + amount, 0),
    ]),
  )
  return { people: people.length, teams: TEAMS, totals, errors, todos, port: 8_417 }
}

/** A repository of 12 commits by three people; commit 8 brings the word of the task. */
function makeRepository(path) {
  mkdirSync(path)
  const git = (args, env = {}) =>
    execFileSync('git', ['-C', path, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'ignore'],
      encoding: 'utf8',
    })
  git(['init', '-q', '-b', 'main'])
  for (let index = 1; index <= 12; index++) {
    const author = ['Ada', 'Ben', 'Cleo'][index % 3]
    writeFileSync(
      join(path, `file${index % 4}.txt`),
      `line of ${index}\n${index === 8 ? 'retryBudget = 3\n' : ''}`.repeat(3),
    )
    git(['add', '.'])
    const at = `2026-09-${String(index).padStart(2, '0')}T12:00:00Z`
    git(['-c', 'commit.gpgsign=false', 'commit', '-q', '-m', `Change ${index}`], {
      GIT_AUTHOR_NAME: author,
      GIT_AUTHOR_EMAIL: `${author.toLowerCase()}@example.com`,
      GIT_COMMITTER_NAME: author,
      GIT_COMMITTER_EMAIL: `${author.toLowerCase()}@example.com`,
      GIT_AUTHOR_DATE: at,
      GIT_COMMITTER_DATE: at,
    })
  }
  return existsSync(path) ? path : undefined
}
