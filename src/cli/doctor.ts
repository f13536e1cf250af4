import { access, constants, mkdir } from 'node:fs/promises'
import type { LoadedConfig } from '../config/config.ts'
import { knownSecrets, ownSecrets } from '../config/secrets.ts'
import { createTypeFiles } from '../catalog/type-files.ts'
import { createSandboxBackend } from '../sandbox/create.ts'
import { DEFAULT_LIMITS } from '../sandbox/sandbox.ts'
import { createUpstream } from '../upstream/create.ts'
import { createKnownScrub, type Scrub } from '../internal/scrub.ts'
import { messageOf } from '../internal/text.ts'
import { OptimizerError } from '../errors.ts'
import { type CommandContext, EXIT } from './command.ts'
import { problemLine } from './gateway.ts'
import { loadConfig } from '../config/load.ts'
import { withProgress } from './output.ts'
import { leftOutLine } from './trust-text.ts'

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
  const findings = await withProgress(context, 'examining', servers.length + 2, async (step) => {
    const checks = [
      node(),
      Promise.resolve(configuration(loaded)),
      Promise.resolve(approval(loaded, cwd)),
      sandbox(loaded),
      cache(loaded),
      outputs(loaded),
      ...servers.map(async ([name, server]) => await checkServer(name, server, loaded)),
    ]
    return (await Promise.all(checks.map(async (check) => await check.finally(step)))).flat()
  })
  const scrub = createKnownScrub(knownSecrets(loaded.config))
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
  const files = sources.length === 0 ? 'no file found' : [...new Set(sources)].join(', ')
  const count = Object.keys(config.servers).length
  const none = { fix: 'write mcp-optimizer.json with "servers", or configure servers in any MCP client' }
  return [
    { what: 'configuration', ok: count > 0, detail: `${count} servers from ${files}`, ...(count > 0 ? {} : none) },
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

async function sandbox({ config }: LoadedConfig): Promise<Finding[]> {
  const { backend: name, memoryMb } = config.sandbox
  const what = `sandbox (${name})`
  await using backend = createSandboxBackend({ ...config.sandbox, poolSize: 1 })
  try {
    const layers = (await backend.layers?.()) ?? []
    const functions = [{ path: ['tools', 'twice'], name: 'twice' }]
    await using place = await backend.create({ version: 'doctor', functions, modules: [] })
    const { value, durationMs, error } = await place.run(
      { kind: 'body', source: 'return await tools.twice(21)', input: '{}' },
      async (_name, argument) => JSON.stringify(Number(argument) * 2),
      { ...DEFAULT_LIMITS, timeoutMs: 10_000, memoryBytes: memoryMb * 1024 * 1024 },
    )
    const ok = value === '42'
    const detail = ok ? `first program in ${Math.round(durationMs)} ms` : (error?.message ?? 'gave a wrong result')
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
    await mkdir(config.cacheDir, { recursive: true })
    await access(config.cacheDir, constants.W_OK)
    return { what: 'cache folder', ok: true, detail: config.cacheDir }
  } catch (thrown) {
    return { what: 'cache folder', ok: false, detail: messageOf(thrown), fix: 'make it writable, or set cacheDir' }
  }
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
  server: LoadedConfig['config']['servers'][string],
  { config }: LoadedConfig,
): Promise<Finding> {
  const what = `server ${name}`
  if (server.disabled === true) return { what, ok: true, detail: 'disabled' }
  await using upstream = createUpstream(name, server, { ownSecrets: ownSecrets(config) })
  const start = performance.now()
  try {
    const tools = await upstream.listTools(new AbortController().signal)
    const { protocolVersion, problems } = upstream.status()
    const detail = `${tools.length} tools in ${Math.round(performance.now() - start)} ms, protocol ${protocolVersion ?? 'unknown'}`
    return { what, ok: true, detail: [detail, ...problems.slice(0, 5)].join('; ') }
  } catch (thrown) {
    return { what, ok: false, detail: messageOf(thrown), fix: fixFor(thrown, server) }
  }
}

function fixFor(thrown: unknown, server: LoadedConfig['config']['servers'][string]): string {
  if (OptimizerError.is(thrown, 'UNAUTHORIZED')) return 'set a valid token in its headers or env'
  if (OptimizerError.is(thrown, 'UPSTREAM_TIMEOUT'))
    return 'start it by hand to see what it waits for, or raise startTimeoutMs'
  if (server.type !== 'stdio') return `check that ${server.url} is reachable from here`
  return messageOf(thrown).includes('was not found')
    ? `install "${server.command}" or give its full path`
    : `run it by hand: ${[server.command, ...(server.args ?? [])].join(' ')}`
}

function print({ stdout, values }: CommandContext, findings: readonly Finding[]): void {
  if (values['json'] === true) {
    stdout.write(`${JSON.stringify(findings)}\n`)
    return
  }
  for (const { what, ok, detail, fix } of findings) {
    stdout.write(`${ok ? 'ok   ' : 'WRONG'} ${what}: ${detail}\n`)
    if (!ok && fix !== undefined) stdout.write(`      fix: ${fix}\n`)
  }
}
