import { environmentSecrets, secretsInUrl, serverSecrets } from '../upstream/secrets.ts'
import type { OptimizerConfig } from './config.ts'

/**
 * Values of the configuration that no message may show, and those of the environment that servers get, and so may say in
 * an error. Other values, such as folders, are words that it may need.
 */
export function knownSecrets(config: OptimizerConfig): string[] {
  const servers = Object.values(config.servers)
  const isInherited = servers.some((server) => server.type === 'stdio' && server.environment !== 'minimal')
  return [
    ...ownSecrets(config),
    ...servers.flatMap(serverSecrets),
    ...(isInherited ? environmentSecrets(process.env) : []),
  ]
}

/** Secrets of the gateway itself, which no server gets: also where they came from a variable of any name. */
export function ownSecrets({ http, search, cache, sessions }: OptimizerConfig): string[] {
  const embedder: object = search.embedder ?? {}
  const keys = [http.token, 'apiKey' in embedder ? embedder.apiKey : undefined, sessions.key, cache.redis?.password]
  const urls = [cache.redis?.url, ...sessions.redis].filter((url) => url !== undefined)
  return [...keys.filter((key) => typeof key === 'string'), ...urls.flatMap(secretsInUrl)]
}
