import { access, constants, mkdir, rm } from 'node:fs/promises'
import type { Places } from '../config/clients/client.ts'
import { homeFolder } from '../config/own-folders.ts'
import { join } from 'node:path'
import type { LoadedConfig, ServerConfig } from '../config/config.ts'
import { knownSecrets, ownSecrets } from '../config/secrets.ts'
import { createTypeFiles } from '../catalog/type-files.ts'
import { createSandboxBackend } from '../sandbox/create.ts'
import { DEFAULT_LIMITS } from '../sandbox/sandbox.ts'
import { openLogins } from '../upstream/auth/open-store.ts'
import { createUpstream, type UpstreamEnvironment } from '../upstream/create.ts'
import { createFirstStarts } from '../upstream/launch/first-starts.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { writeAtomically } from '../internal/atomic-file.ts'
import { auditFolder } from '../observation.ts'
import { verifyAudit } from '../policy/audit-verify.ts'
import { createScrub, type Scrub } from '../internal/scrub.ts'
import { counted } from '../internal/plural.ts'
import { messageOf } from '../internal/text.ts'
import { OptimizerError } from '../errors.ts'
import { fixFor } from './doctor-fix.ts'
import { type CommandContext, EXIT } from './command.ts'
import { problemLine } from './gateway.ts'
import { loadConfig } from '../config/load.ts'
import { lookOf, textWidth } from './look.ts'
import { filesRead, NO_SERVERS_ADVICE } from './no-servers.ts'
import { findDoubled } from '../config/setup/doubled.ts'
import { type Progress, withProgress } from './output.ts'
import { awaitedText } from './starting.ts'
import { leftOutLine } from './trust-text.ts'
import { hang } from './wrap.ts'

interface Finding {
  readonly what: string
  readonly ok: boolean
  readonly detail: string
  /** What to do about it. */
  readonly fix?: string
}

/** Runs the command `doctor`. */
export async function runDoctor(context: CommandContext): Promise<number> {
  const { cwd, env, values } = context
  const loaded = await loadConfig({ cwd, env, flags: values })
  const servers = Object.entries(loaded.config.servers)
  const { config } = loaded
  const environment = {
    ownSecrets: ownSecrets(config),
    logins: openLogins(config.logins),
    firstStarts: createFirstStarts({ folder: join(config.cacheDir, 'first-starts'), ...config.firstStarts }),
  }
  const upstreams = new Map<string, Upstream>()
  let done = 0
  const total = servers.length
  const look = (): Progress => {
    const starting = [...upstreams.values()].map((upstream) => ({ name: upstream.name, ...upstream.status() }))
    return { done, awaited: awaitedText(starting) }
  }
  const findings = await withProgress(context, { title: 'examining servers', total, look }, async () => {
    const checks = [
      node(),
      Promise.resolve(configuration(loaded)),
      Promise.resolve(approval(loaded, cwd)),
      Promise.resolve(proxyFinding(env, loaded.config.servers)),
      Promise.resolve(skipped(loaded)),
      doubled(loaded, { platform: process.platform, home: env['HOME'] ?? homeFolder(), cwd, env }),
      sandbox(loaded),
      cache(loaded),
      audit(loaded),
      outputs(loaded),
      ...servers.map(
        async ([name, server]) => await checkServer(name, server, { environment, upstreams }).finally(() => done++),
      ),
    ]
    return (await Promise.all(checks)).flat()
  })
  const scrub = createScrub(knownSecrets(loaded.config))
  print(
    context,
    findings.map((finding) => withoutSecrets(finding, scrub)),
  )
  return findings.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed
}

/** People paste this into reports. */
function withoutSecrets({ fix, ...finding }: Finding, scrub: Scrub): Finding {
  return { ...finding, detail: scrub(finding.detail), ...(fix === undefined ? {} : { fix: scrub(fix) }) }
}

async function node(): Promise<Finding> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const ok = major > 20 || (major === 20 && minor >= 19)
  return {
    what: 'Node.js',
    ok,
    detail: process.versions.node,
    ...(ok ? {} : { fix: 'install Node.js 20.19 or later' }),
  }
}

function configuration({ sources, problems, config }: LoadedConfig): Finding[] {
  const count = Object.keys(config.servers).length
  const files = [...new Set(sources)].join(', ')
  const found = count === 0 ? `no server (${filesRead(sources)})` : `${counted(count, 'server')} from ${files}`
  return [
    { what: 'configuration', ok: count > 0, detail: found, ...(count > 0 ? {} : { fix: NO_SERVERS_ADVICE }) },
    ...problems.map((problem) => ({
      what: 'configuration',
      ok: false,
      detail: problemLine(problem),
    })),
  ]
}

function approval({ leftOut }: LoadedConfig, cwd: string): Finding[] {
  if (leftOut.length === 0) return []
  const detail = leftOutLine(leftOut, cwd)
  return [
    { what: 'approval', ok: false, detail, fix: 'look at it with "mcp-optimizer trust", and approve what you want' },
  ]
}

/** Nothing to mend: a server is started once, and this gateway is none of its own. */
function skipped(loaded: LoadedConfig): Finding[] {
  const ours = loaded.skipped.filter(({ why }) => why === 'ourselves').map(({ path, file }) => `${path} of ${file}`)
  const same = loaded.skipped.flatMap(({ as, path, file }) => (as === undefined ? [] : [`${path} of ${file} is ${as}`]))
  return [
    ...(ours.length === 0
      ? []
      : [{ what: 'this gateway', ok: true, detail: `left out as a server: ${ours.join(', ')}` }]),
    ...(same.length === 0
      ? []
      : [{ what: 'servers named twice', ok: true, detail: `started once: ${same.join(', ')}` }]),
  ]
}

/** Servers that a client starts itself although it has us: nothing is saved, and each runs twice. */
async function doubled({ config }: LoadedConfig, places: Places): Promise<Finding[]> {
  return (await findDoubled(config.servers, places)).map(({ client, file, servers }) => ({
    what: client.title,
    ok: false,
    detail: `has mcp-optimizer and starts ${servers.join(', ')} itself too (${file}): each runs twice, and no token is saved`,
    fix: `mcp-optimizer setup --client ${client.name} moves them behind the gateway`,
  }))
}

async function sandbox({ config }: LoadedConfig): Promise<Finding[]> {
  const { backend: name, memoryMb } = config.sandbox
  const what = `sandbox (${name})`
  try {
    await using backend = createSandboxBackend({ ...config.sandbox, poolSize: 1 })
    const layers = (await backend.layers?.()) ?? []
    const functions = [{ path: ['tools', 'twice'], name: 'twice' }]
    await using place = await backend.create({ version: 'doctor', functions, modules: [] })
    const { value, durationMs, error } = await place.run(
      { kind: 'body', source: 'return await tools.twice(21)', input: '{}' },
      async (_name, argument) => JSON.stringify(Number(argument) * 2),
      { ...DEFAULT_LIMITS, timeoutMs: 10_000, memoryBytes: memoryMb * 1024 * 1024 },
    )
    const ok = value === '42'
    const wall = backend.stats?.().wall ?? 'engine'
    const detail = ok
      ? `first program in ${Math.round(durationMs)} ms, behind the wall "${wall}"`
      : (error?.message ?? 'gave a wrong result')
    return [
      { what, ok, detail, ...(ok ? {} : { fix: 'reinstall mcp-optimizer' }) },
      ...layers.map((layer) => ({
        what: `layer ${layer.name}`,
        ok: true,
        detail: `${layer.active ? 'active' : 'NOT ACTIVE'}: ${layer.detail}`,
      })),
    ]
  } catch (thrown) {
    const fix = OptimizerError.is(thrown) ? thrown.suggestion : 'choose another sandbox.backend'
    return [{ what, ok: false, detail: messageOf(thrown), fix }]
  }
}

async function cache({ config }: LoadedConfig): Promise<Finding> {
  try {
    await mkdir(config.cacheDir, { recursive: true, mode: 0o700 })
    await access(config.cacheDir, constants.W_OK)
    return { what: 'cache folder', ok: true, detail: config.cacheDir }
  } catch (thrown) {
    return { what: 'cache folder', ok: false, detail: messageOf(thrown), fix: 'make it writable, or set cacheDir' }
  }
}

/** The trail: whether it can be written, and what is missing of it. */
async function audit({ config }: LoadedConfig): Promise<Finding[]> {
  const what = 'audit trail'
  if (!config.audit.enabled) return []
  const folder = auditFolder(config)
  const fix = 'make room, or set audit.folder to a folder on another disk'
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeAtomically(join(folder, 'doctor'), '-'.repeat(4_096))
    await rm(join(folder, 'doctor'), { force: true })
  } catch (thrown) {
    return [{ what, ok: false, detail: `its folder cannot be written: ${messageOf(thrown)}`, fix }]
  }
  const chains = await verifyAudit(folder)
  const missing = chains.reduce((sum, chain) => sum + chain.missing, 0)
  const broken = chains.some(({ problems }) => problems.length > 0)
  if (missing === 0 && !broken) return [{ what, ok: true, detail: folder }]
  const detail = [
    ...(missing > 0 ? [`${counted(missing, 'entry', 'entries')} could not be written`] : []),
    ...(broken ? ['a chain is broken'] : []),
  ].join('; ')
  return [
    { what, ok: false, detail: `${detail} (${folder})`, fix: 'look at it with "mcp-optimizer audit-log --verify"' },
  ]
}

/** Tools that promise one thing and answered another, as earlier runs have seen. */
async function outputs({ config }: LoadedConfig): Promise<Finding[]> {
  if (!config.features.learnOutputTypes || !config.features.enableCaching) return []
  const learned = await createTypeFiles(config.cacheDir).readAll()
  return learned.flatMap(({ tool, problem }) =>
    problem === undefined
      ? []
      : [
          {
            what: `output of ${tool}`,
            ok: false,
            detail: `a result broke its own output schema at ${problem}`,
            fix: 'update the server or report it to its maker; calls go on as they are',
          },
        ],
  )
}

async function checkServer(
  name: string,
  server: ServerConfig,
  { environment, upstreams }: { readonly environment: UpstreamEnvironment; readonly upstreams: Map<string, Upstream> },
): Promise<Finding> {
  const what = `server ${name}`
  if (server.disabled === true) return { what, ok: true, detail: 'disabled' }
  await using upstream = createUpstream(name, server, environment)
  upstreams.set(name, upstream)
  const start = performance.now()
  try {
    const tools = await upstream.listTools(new AbortController().signal)
    const { protocolVersion, problems } = upstream.status()
    const detail = `${counted(tools.length, 'tool')} in ${Math.round(performance.now() - start)} ms, protocol ${protocolVersion ?? 'unknown'}`
    return { what, ok: true, detail: [detail, ...problems.slice(0, 5)].join('; ') }
  } catch (thrown) {
    return { what, ok: false, detail: messageOf(thrown), fix: fixFor(thrown, server) }
  }
}

/** Node's fetch takes no notice of the usual variables by itself. */
function proxyFinding(env: CommandContext['env'], servers: LoadedConfig['config']['servers']): Finding[] {
  const name = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].find((key) => env[key])
  const isUsed = env['NODE_USE_ENV_PROXY'] === '1' && Number(process.versions.node.split('.')[0]) >= 24
  const hasRemote = Object.values(servers).some(({ type, disabled }) => type !== 'stdio' && disabled !== true)
  if (name === undefined || isUsed || !hasRemote) return []
  const fix =
    'start the gateway with Node.js 24 or later and NODE_USE_ENV_PROXY=1 if servers are reached by the proxy alone'
  return [{ what: 'proxy', ok: true, detail: `${name} is set, and servers are called without it; ${fix}` }]
}

function print(context: CommandContext, findings: readonly Finding[]): void {
  const { stdout, values } = context
  if (values['json'] === true) {
    stdout.write(`${JSON.stringify(findings)}\n`)
    return
  }
  const { ok: good, wrong, name, faint } = lookOf(context).palette
  const width = textWidth(context)
  for (const { what, ok, detail, fix } of findings) {
    // Painted after the lines are broken: the mark and the name are always on the first one.
    const text = hang('      ', `${what}: ${detail}`, width).replace(what, () => name(what))
    stdout.write(`${ok ? good('ok   ') : wrong('WRONG')} ${text}\n`)
    if (!ok && fix !== undefined) stdout.write(`      ${faint('fix:')} ${hang(' '.repeat(11), fix, width)}\n`)
  }
}
