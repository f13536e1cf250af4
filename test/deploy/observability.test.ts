import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { defineConfig } from '../../src/config/defaults.ts'
import { createOptimizer, type Optimizer } from '../../src/optimizer.ts'
import { openMonitor } from '../../src/surface/http/monitor.ts'
import { type HttpService, serveHttp } from '../../src/surface/http/server.ts'
import { createSurface } from '../../src/surface/surface.ts'
import { createMemoryUpstream } from '../../src/upstream/memory.ts'
import { DEMO_TOOLS } from '../support/gateway.ts'
import { hasProgram } from '../support/programs.ts'
import { filesystem, temporaryFolder } from '../support/servers.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const deploy = join(root, 'deploy')
const token = 'scrape-token-12345678'

interface Panel {
  readonly title?: string
  readonly panels?: readonly Panel[]
  readonly targets?: readonly { readonly expr: string }[]
}

const dashboard = JSON.parse(readFileSync(join(deploy, 'grafana/dashboard.json'), 'utf8')) as { panels: Panel[] }
const panels = dashboard.panels
  .flatMap((panel) => [panel, ...(panel.panels ?? [])])
  .filter(({ targets }) => targets !== undefined)
const queries = panels.flatMap(({ title = '', targets = [] }) => targets.map(({ expr }) => [title, expr] as const))

/** Series that texts name: without labels, and without what a histogram adds to its name. */
function seriesIn(text: string): string[] {
  const names = text.match(/\b(?:mcp_optimizer|process|nodejs)_[a-z0-9_]+\b(?!:)/g) ?? []
  return [...new Set(names)].filter((name) => !/_(?:bucket)$/.test(name)).toSorted()
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

describe('a live gateway', () => {
  const folder = temporaryFolder()
  let optimizer: Optimizer
  let monitor: Awaited<ReturnType<typeof openMonitor>>
  let service: HttpService

  beforeAll(async () => {
    writeFileSync(join(folder, 'note.txt'), 'hello')
    const config = defineConfig({
      cacheDir: join(folder, 'cache'),
      servers: { files: { ...filesystem(folder), type: 'stdio', trustHints: true } },
      audit: { enabled: true },
      http: { port: 0, token },
      sandbox: { timeoutMs: 500 },
    })
    optimizer = createOptimizer(config, { upstreams: [createMemoryUpstream('demo', DEMO_TOOLS)] })
    optimizer.observation.receipts?.showSurface(215)
    await optimizer.ready()
    monitor = await openMonitor(optimizer)
    const surface = createSurface({ servers: ['demo', 'files'], compact: false, programs: true, version: '0' })
    service = await serveHttp(optimizer, surface, { ...config.http, monitor })
  })

  afterAll(async () => {
    await service[Symbol.asyncDispose]()
    monitor[Symbol.dispose]()
    await optimizer[Symbol.asyncDispose]()
  })

  /** A bit of everything: hits and misses, failures, a program that is stopped. */
  const load = async (): Promise<void> => {
    const path = join(folder, 'note.txt')
    await Promise.all([
      optimizer.executeIntent({ intent: 'files.read_text_file', params: { path } }),
      optimizer.executeIntent({
        intent: 'files.read_text_file',
        params: { path, head: Math.ceil(Math.random() * 1e9) },
      }),
      optimizer.executeIntent({ intent: 'demo.fail' }),
      optimizer.executeIntent({ intent: 'results.read', params: { handle: 'r_0' } }),
      optimizer.executeBatch({ requests: [{ intent: 'demo.add', params: { a: 1, b: 2 } }] }),
      optimizer.execute({ code: 'return await tools.demo.add({ a: 1, b: 2 })' }),
      optimizer.execute({ code: 'for (;;) {}' }),
      optimizer.search({ query: 'rows' }),
    ])
  }

  it('has every series that the dashboard, the rules and the documents name', async () => {
    await load()
    const response = await fetch(`${service.url}/metrics`, { headers: { authorization: `Bearer ${token}` } })
    const text = await response.text()
    const kept = new Set([...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name))
    const docs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))
    const places: [string, string][] = [
      ['dashboard', queries.map(([, expr]) => expr).join('\n')],
      ['rules', readFileSync(join(deploy, 'prometheus/rules.yml'), 'utf8')],
      ...docs.map((name): [string, string] => [name, readFileSync(join(root, 'docs', name), 'utf8')]),
    ]
    for (const [place, content] of places)
      expect([place, seriesIn(content).filter((name) => !kept.has(name))]).toEqual([place, []])
    // And the other way: nothing is counted that no panel shows.
    const shown = seriesIn(queries.map(([, expr]) => expr).join('\n') + places.map(([, content]) => content).join('\n'))
    const ours = [...kept].filter((name) => name?.startsWith('mcp_optimizer_'))
    expect(
      ours.filter(
        (name) => !shown.includes(name ?? '') && !queries.some(([, expr]) => expr.includes(`${name}_bucket`)),
      ),
    ).toEqual([])
  })

  it.skipIf(!hasProgram('prometheus'))(
    'is scraped by Prometheus under load, and every panel of the dashboard has data',
    async () => {
      const port = await freePort()
      const config = join(folder, 'prometheus.yml')
      const shipped = parse(readFileSync(join(deploy, 'prometheus/prometheus.yml'), 'utf8')) as {
        scrape_configs: Record<string, unknown>[]
      }
      writeFileSync(join(folder, 'token'), token)
      const scrape = {
        ...shipped.scrape_configs[0],
        scrape_interval: '1s',
        authorization: { credentials_file: join(folder, 'token') },
        static_configs: [{ targets: [new URL(service.url).host] }],
      }
      writeFileSync(
        config,
        JSON.stringify({ scrape_configs: [scrape], rule_files: [join(deploy, 'prometheus/rules.yml')] }),
      )
      const prometheus = spawn(
        'prometheus',
        [
          `--config.file=${config}`,
          `--storage.tsdb.path=${join(folder, 'tsdb')}`,
          `--web.listen-address=127.0.0.1:${port}`,
        ],
        { stdio: 'ignore' },
      )
      try {
        const ask = async (expr: string): Promise<number> => {
          const query = expr
            .replaceAll('$__rate_interval', '15s')
            .replaceAll('$instance', '.*')
            .replaceAll('$model', 'gpt-4o')
          const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`
          const answer = (await (await fetch(url)).json()) as {
            status: string
            data?: { result: unknown[] }
            error?: string
          }
          if (answer.status !== 'success') throw new Error(`${expr}: ${answer.error}`)
          return answer.data?.result.length ?? 0
        }
        const counted = queries.filter(
          ([, expr]) => optimizer.sandboxStats() !== undefined || !expr.includes('_sandbox_'),
        )
        let empty: readonly (readonly [string, string])[] = counted
        const until = Date.now() + 90_000
        while (empty.length > 0 && Date.now() < until) {
          await load()
          const rows = await Promise.all(empty.map(async ([, expr]) => await ask(expr).catch(refused)))
          empty = empty.filter((_query, index) => rows[index] === 0)
        }
        expect(empty).toEqual([])
      } finally {
        prometheus.kill()
        await once(prometheus, 'exit')
      }
    },
    120_000,
  )
})

/** While Prometheus starts nobody listens; a query that it refuses is a fault of ours. */
function refused(thrown: unknown): number {
  if (thrown instanceof TypeError) return 0
  throw thrown
}

describe('what is shipped for Prometheus and Grafana', () => {
  it.skipIf(!hasProgram('promtool'))('rules raise what they should, and nothing else', () => {
    const run = spawnSync('promtool', ['test', 'rules', 'rules.test.yml'], {
      cwd: join(deploy, 'prometheus'),
      encoding: 'utf8',
    })
    expect([run.status, run.stdout + run.stderr]).toEqual([0, expect.stringContaining('SUCCESS')])
    const alerts = readFileSync(join(deploy, 'prometheus/rules.yml'), 'utf8').match(/(?<=alert: )\w+/g) ?? []
    const tested = readFileSync(join(deploy, 'prometheus/rules.test.yml'), 'utf8')
    expect(alerts.filter((alert) => !tested.includes(`alertname: ${alert}`))).toEqual([])
  })

  it.skipIf(!hasProgram('promtool'))('configuration and rules are valid', () => {
    const run = spawnSync('promtool', ['check', 'config', '--syntax-only', 'prometheus.yml'], {
      cwd: join(deploy, 'prometheus'),
      encoding: 'utf8',
    })
    expect([run.status, run.stderr]).toEqual([0, ''])
  })

  it('the dashboard is what its script writes', () => {
    const fresh = join(temporaryFolder(), 'dashboard.json')
    execFileSync(process.execPath, [join(root, 'scripts/write-dashboard.mjs'), fresh])
    expect(JSON.parse(readFileSync(fresh, 'utf8'))).toEqual(dashboard)
  })

  it('provisioning is YAML that names a data source and the folder of the dashboard', () => {
    const provisioning = join(deploy, 'grafana/provisioning')
    expect(parse(readFileSync(join(provisioning, 'datasources/prometheus.yml'), 'utf8'))).toMatchObject({
      datasources: [{ type: 'prometheus' }],
    })
    expect(parse(readFileSync(join(provisioning, 'dashboards/mcp-optimizer.yml'), 'utf8'))).toMatchObject({
      providers: [{ type: 'file', options: { path: '/var/lib/grafana/dashboards/mcp-optimizer' } }],
    })
  })
})
