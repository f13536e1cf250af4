import type { ConfigProblem, LoadedConfig, OptimizerConfig } from '../config/config.ts'
import { loadConfig } from '../config/load.ts'
import { knownSecrets } from '../config/secrets.ts'
import type { LogLevel } from '../internal/logger.ts'
import { cleanText } from '../internal/text.ts'
import { createScrub } from '../internal/scrub.ts'
import type { Log } from '../metrics/log.ts'
import type { Optimizer } from '../optimizer.ts'
import type { CommandContext } from './command.ts'
import { createPalette } from './palette.ts'

/** Loads the configuration as the command's options say; problems go to stderr, one line each. */
export async function loadFor(context: CommandContext): Promise<LoadedConfig> {
  const { cwd, env, values, stderr } = context
  const loaded = await loadConfig({ cwd, env, flags: values })
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
  known?: LoadedConfig,
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
  return { optimizer: { ...optimizer, [Symbol.asyncDispose]: close }, loaded, log }
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
