import type { OptimizerConfig } from '../config/config.ts'
import { loadConfig, type LoadOptions } from '../config/load.ts'
import { rememberedTools } from '../upstream/create.ts'

/** Names of the configured servers. */
export async function serverNames(options: LoadOptions): Promise<string[]> {
  return Object.keys((await configOf(options)).servers)
}

/** Ids `server.tool` of all tools that are remembered; no server is started for it. */
export async function toolNames(options: LoadOptions): Promise<string[]> {
  const { servers, cacheDir } = await configOf(options)
  const names = await Promise.all(
    Object.entries(servers).map(async ([name, server]) =>
      (await rememberedTools(name, server, cacheDir)).map((tool) => `${name}.${tool}`),
    ),
  )
  return names.flat()
}

async function configOf(options: LoadOptions): Promise<OptimizerConfig> {
  // Nobody waits for a password manager after a Tab.
  return (await loadConfig({ readSecret: () => 'unread', ...options })).config
}
