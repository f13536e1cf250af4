import { type AccessRule, allowsServer } from '../access/access.ts'
import { profileOf } from '../access/callers.ts'
import { toIdentifier } from '../catalog/names.ts'
import type { ConfigProblem, LoadedConfig, OptimizerConfig } from '../config/config.ts'
import { loadConfig } from '../config/load.ts'
import { knownSecrets } from '../config/secrets.ts'
import { OptimizerError } from '../errors.ts'
import type { LogLevel } from '../internal/logger.ts'
import { cleanText } from '../internal/text.ts'
import { createScrub } from '../internal/scrub.ts'
import type { Log } from '../metrics/log.ts'
import type { Optimizer } from '../optimizer.ts'
import type { CommandContext } from './command.ts'
import { createPalette } from './palette.ts'

/** Loads the configuration as the command's options say; problems go to stderr, one line each. */
export async function loadFor(context: CommandContext): Promise<NarrowedConfig> {
  const { cwd, env, values, stderr } = context
  const loaded = narrowed(await loadConfig({ cwd, env, flags: values }), values['profile'])
  const scrub = createScrub(knownSecrets(loaded.config))
  const { warn } = createPalette(stderr, env)
  for (const problem of loaded.problems) stderr.write(`${warn('mcp-optimizer:')} ${scrub(problemLine(problem))}\n`)
  if (loaded.leftOut.length > 0) {
    const { leftOutLine } = await import('./trust-text.ts')
    stderr.write(`${warn('mcp-optimizer:')} ${leftOutLine(loaded.leftOut, cwd)}\n`)
  }
  return loaded
}

export interface OpenGateway {
  readonly optimizer: Optimizer
  readonly loaded: LoadedConfig
  readonly log: Log
}

/** The gateway for one command and its log; dispose the gateway. Its code is loaded here: no command waits for it before. */
export async function openGateway(
  context: CommandContext,
  logLevel: LogLevel = 'error',
  known?: NarrowedConfig,
): Promise<OpenGateway> {
  const loaded = known ?? (await loadFor(context))
  const { config } = loaded
  const [{ createLog }, { createOptimizer }] = await Promise.all([
    import('../metrics/log.ts'),
    import('../optimizer.ts'),
  ])
  const log = createLog({
    level: config.logLevel ?? logLevel,
    pretty: context.stderr.isTTY === true,
    secrets: [...secretsOf(config), ...knownSecrets(config)],
  })
  const optimizer = createOptimizer(config, { logger: log })
  const close = async (): Promise<void> => {
    await optimizer[Symbol.asyncDispose]()
    await log[Symbol.asyncDispose]()
  }
  const { profile } = loaded
  const seen = profile === undefined ? optimizer : narrowedTo(optimizer, profile)
  return { optimizer: { ...seen, [Symbol.asyncDispose]: close }, loaded, log }
}

/** A configuration as a profile leaves it: of servers that it hides none is started. */
function narrowed(loaded: LoadedConfig, name: string | boolean | undefined): NarrowedConfig {
  if (typeof name !== 'string') return loaded
  const { config } = loaded
  const profile = profileOf(config.profiles, name)
  if (profile === undefined)
    throw new OptimizerError(
      'CONFIG_INVALID',
      `cannot use the profile ${JSON.stringify(name)}: there is none of this name`,
      {
        suggestion: `name one of the configuration: ${Object.keys(config.profiles).join(', ') || 'it has no "profiles"'}`,
      },
    )
  const servers = Object.fromEntries(
    Object.entries(config.servers).filter(([server]) =>
      allowsServer([profile], { name: server, key: toIdentifier(server) }),
    ),
  )
  return { ...loaded, config: { ...config, servers }, profile }
}

/** A loaded configuration, with the profile that narrows it. */
export interface NarrowedConfig extends LoadedConfig {
  readonly profile?: AccessRule
}

function narrowedTo(optimizer: Optimizer, profile: AccessRule): Optimizer {
  return { ...optimizer, ...optimizer.as([profile]), as: (access) => optimizer.as([profile, ...access]) }
}

/** Values of the configuration that no log line may hold. */
function secretsOf({ http, servers }: OptimizerConfig): string[] {
  const ofServers = Object.values(servers).flatMap((server) =>
    server.type === 'stdio'
      ? Object.values(server.env ?? {})
      : [...Object.values(server.headers ?? {}), ...secretsInUrl(server.url)],
  )
  return [...(http.token === undefined ? [] : [http.token]), ...ofServers]
}

/** An address that is none holds nothing that could be found again. */
function secretsInUrl(text: string): string[] {
  if (!URL.canParse(text)) return []
  const { password, searchParams } = new URL(text)
  return [password, ...searchParams.values()]
}

export function problemLine({ file, path, message, expected }: ConfigProblem): string {
  // Keys of a stranger's file stand in it: they could clear the terminal, or forge a line.
  return cleanText(`${file}${path === '' ? '' : `: ${path}`}: ${message}; expected ${expected}`.replaceAll('\n', ' '))
}
