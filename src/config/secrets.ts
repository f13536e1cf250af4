import { secretsInUrl, serverSecrets } from '../upstream/secrets.ts'
import type { OptimizerConfig } from './config.ts'

/** Values of the configuration that no message may show. Other values, such as folders, are words that it may need. */
export function knownSecrets({ http, servers, search, cache, sessions }: OptimizerConfig): string[] {
  const embedder: object = search.embedder ?? {}
  const tokens = [http.token, 'token' in embedder ? embedder.token : undefined]
  return [
    ...tokens.filter((token) => typeof token === 'string'),
    ...Object.values(servers).flatMap(serverSecrets),
    ...(cache.redis?.password === undefined ? [] : [cache.redis.password]),
    ...[cache.redis?.url, ...sessions.redis].flatMap((url) => (url === undefined ? [] : secretsInUrl(url))),
  ]
}
