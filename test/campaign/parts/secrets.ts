import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { send } from '../runner/ask.ts'
import { Door } from '../runner/door.ts'
import { environment, Gateway, serverEntry } from '../runner/gateway.ts'
import { ownProgram } from '../runner/hostile-server.ts'
import { Findings, type Part } from '../runner/part.ts'
import { CLI, temporaryFolder } from '../runner/places.ts'
import { filesBelow } from '../runner/stored.ts'
import type { Mode } from '../server/mode.ts'
import { LEAKS, SECRET } from '../server/modes/leaks.ts'

const COMMANDS: readonly (readonly string[])[] = [
  ['doctor'],
  ['doctor', '--json'],
  ['status'],
  ['intents', '--tools'],
  ['audit'],
  ['search', 'echo'],
  ['receipt'],
  ['audit-log'],
  ['report'],
  ['trust', '--list'],
]
const MAX_PAGES = 80

/** Secrets that were planted, and where. */
class Planted {
  readonly #places = new Map<string, string>()

  /** A new secret; the place is told where it is seen again. */
  at(place: string): string {
    const secret = `S3CR${randomBytes(15).toString('hex').slice(0, 20)}`
    this.#places.set(secret, place)
    return secret
  }

  get count(): number {
    return this.#places.size
  }

  /** Places of those that are in a text, also when they are written as an address or as Base64. */
  seenIn(text: string): string[] {
    const found = new Set(text.match(SECRET) ?? [])
    const whole = [...this.#places].filter(
      ([secret]) => found.has(secret) || text.includes(Buffer.from(secret).toString('base64').slice(0, 27)),
    )
    return whole.map(([, place]) => place)
  }
}

/** Secrets of the configuration are looked for in all that leaves the gateway. */
export const secrets: Part = async ({ short, tell }) => {
  const findings = new Findings(tell)
  const planted = new Planted()
  const program = ownProgram({ bytes: 1_000, many: 1, lateMs: 1 })
  const home = temporaryFolder()
  const files = { journal: join(home, 'journal'), canary: 'http://127.0.0.1:9/' }
  using http = await program.http(undefined, files)
  const servers = {
    good: serverEntry('healthy'),
    ...leakyServers(
      planted,
      (mode) => program.stdio(mode, files),
      (mode) => http.urlOf({ mode, transport: 'http-legacy' }),
    ),
  }
  const token = planted.at("the gateway's token")
  const env = {
    MY_PLANTED_KEY: planted.at('a variable of the gateway that an entry names'),
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=${planted.at('headers of telemetry')}`,
  }
  const config = {
    servers,
    audit: { enabled: true, arguments: 'redacted', folder: join(home, 'audit') },
    sessions: { store: 'disk', key: planted.at('the key of sessions') },
    search: {
      embedder: { type: 'openai', url: 'http://127.0.0.1:9/v1', model: 'm', apiKey: planted.at("the embedder's key") },
    },
    http: { dashboard: true },
    cacheDir: join(home, 'kept'),
  }
  const looked = new Map<string, number>()
  const look = (where: string, text: string): void => {
    looked.set(where, (looked.get(where) ?? 0) + 1)
    for (const place of planted.seenIn(text)) findings.fault(`${where} ${lineOf(text, planted)}: ${place}`)
  }
  {
    await using gateway = await Gateway.start({ config, home, token, env })
    await lookAtAnswers(gateway, Object.keys(servers), look)
    await lookAtPages(gateway, look)
    for (const command of short ? COMMANDS.slice(0, 3) : COMMANDS)
      look(
        `command ${command.join(' ')}`,
        await output([...command, '--config', join(home, 'mcp-optimizer.json')], home, {
          ...env,
          MCP_OPTIMIZER_HTTP_TOKEN: token,
        }),
      )
    await gateway.end()
    look('log', gateway.log)
  }
  for (const file of filesBelow(home)) {
    const isOurs = basename(file) !== 'mcp-optimizer.json' && !file.endsWith('session-key.txt')
    if (isOurs) look(`file ${relative(home, file)}`, readFileSync(file, 'utf8'))
  }
  findings.figure('planted secrets', planted.count, 'secrets')
  findings.figure(
    'texts that were looked through',
    [...looked.values()].reduce((sum, count) => sum + count, 0),
    'texts',
  )
  findings.figure('secrets seen', findings.faults.length, 'times', { exactly: 0 })
  return findings
}

/** Each way to tell all, with secrets in everything that a server is given. */
function leakyServers(
  planted: Planted,
  stdioOf: (mode: Mode) => { command: string; args: string[] },
  urlOf: (mode: Mode) => string,
): Record<string, object> {
  const entries = LEAKS.flatMap((mode, index) => {
    const { name } = mode
    const local = {
      command: stdioOf(mode).command,
      args: [...stdioOf(mode).args, `--canary=http://h/?api_key=${planted.at(`an argument of ${name}`)}`],
      env: {
        API_KEY: planted.at(`API_KEY of ${name}`),
        DATABASE_URL: `postgres://app:${planted.at(`a password in an address of ${name}`)}@db/app`,
        ...(index === 0 ? { NAMED: '${MY_PLANTED_KEY}' } : {}),
      },
    }
    const url = new URL(urlOf(mode))
    url.password = planted.at(`the password in the url of ${name}`)
    url.username = 'app'
    url.searchParams.set('api_key', planted.at(`a query of the url of ${name}`))
    const remote = { type: 'http', url: url.href, headers: { 'X-Api-Key': planted.at(`a header of ${name}`) } }
    return [
      ...(mode.over === 'http' ? [] : [[`local${index}`, local] as const]),
      ...(mode.over === 'stdio' ? [] : [[`remote${index}`, remote] as const]),
    ]
  })
  const gone = {
    type: 'http',
    url: `http://app:${planted.at('the password of a server that is not there')}@127.0.0.1:9/mcp?key=${planted.at('a query of a server that is not there')}`,
  }
  const missing = {
    command: 'no-such-program-here',
    args: ['--token', planted.at('an argument of a program that is not there')],
    env: { TOKEN: planted.at('a variable of a program that is not there') },
  }
  return { ...Object.fromEntries(entries), gone, missing }
}

type Look = (where: string, text: string) => void

async function lookAtAnswers(gateway: Gateway, servers: readonly string[], look: Look): Promise<void> {
  for (const way of ['rpc', 'legacy', 'modern'] as const) {
    const door = new Door({ way, url: gateway.url, token: gateway.token, short: true })
    for (const server of servers) {
      look(`answer of ${server}`, (await door.post(door.call(`${server}.echo`, { text: 'x' }))).text)
      look(
        `program with ${server}`,
        (await door.post(door.run(`return await tools.${server}.echo({ text: 'x' })`))).text,
      )
    }
    look(
      'search',
      (
        await door.post(
          door.way === 'rpc'
            ? door.message('search', { query: 'echo' })
            : door.message('tools/call', { name: 'search', arguments: { query: 'echo' } }),
        )
      ).text,
    )
  }
}

/** The monitor, and every page of the dashboard that another one leads to. */
async function lookAtPages(gateway: Gateway, look: Look): Promise<void> {
  const authorization = `Bearer ${gateway.token}`
  for (const path of ['/status', '/metrics', '/readyz', '/healthz', '/'])
    look(path, (await send({ url: gateway.url + path, method: 'GET', headers: { authorization } })).text)
  const body = new URLSearchParams({ token: gateway.token ?? '' }).toString()
  const origin = gateway.url
  const login = await send({
    url: `${gateway.url}/ui/login`,
    body,
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin },
  })
  const cookie = [login.headers['set-cookie'] ?? []]
    .flat()
    .map((each) => each.split(';')[0])
    .join('; ')
  const waiting = ['/ui']
  const seen = new Set<string>()
  for (let path = waiting.shift(); path !== undefined && seen.size < MAX_PAGES; path = waiting.shift()) {
    if (seen.has(path)) continue
    seen.add(path)
    const { text } = await send({ url: gateway.url + path, method: 'GET', headers: { cookie } })
    look(`page ${path}`, text)
    for (const [, href = ''] of text.matchAll(/href="(\/ui[^"#]*)"/g)) waiting.push(href.replaceAll('&amp;', '&'))
  }
  if (seen.size < 5)
    throw new Error(
      `only ${seen.size} pages of the dashboard could be read: ${login.status} ${login.text.slice(0, 200)}`,
    )
}

async function output(args: readonly string[], home: string, env: Record<string, string>): Promise<string> {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: home,
    env: environment(home, 'secrets', env),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  await once(child, 'close')
  return text
}

/** The words around the first secret. */
function lineOf(text: string, planted: Planted): string {
  const line = text.split('\n').find((each) => planted.seenIn(each).length > 0) ?? ''
  const index = Math.max(0, line.search(SECRET) - 80)
  return JSON.stringify(line.slice(index, index + 110))
}
