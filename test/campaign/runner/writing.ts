import type { Answer, RpcClient } from './ask.ts'
import { END_MARK } from './stored.ts'

/** Characters of each text that is kept: more than one block of a disk. */
const CHARS = 20_000

/** Configuration with which everything that can be kept is kept on disk. */
export function keepingConfig(home: string, servers: object): object {
  return {
    servers,
    audit: { enabled: true, maxFileBytes: 65_536, folder: `${home}/audit` },
    sessions: { store: 'disk' },
    results: { exportDir: `${home}/exports` },
    cache: { cacheable: ['good.echo'] },
    cacheDir: `${home}/kept`,
  }
}

/** Has one kind of file written; `version` goes into its content. */
export interface Writer {
  readonly name: string
  write(client: RpcClient, version: number): Promise<Answer>
}

const padded = (version: number): string => `${version} ${'p'.repeat(CHARS)}`

/** Everything that writes files while a gateway works. */
export function writers(): readonly Writer[] {
  let session: string | undefined
  return [
    {
      name: 'saved intents',
      async write(client, version) {
        const code = `return ${version} // ${padded(version)}\n${END_MARK}`
        const ran = await client.ask('execute_code', { code })
        if (ran.status !== 'ok') return ran
        return await client.call('save_intent', { name: 'kept_intent', description: 'is kept', code, replace: true })
      },
    },
    {
      name: 'state of sessions',
      async write(client, version) {
        const code = `await state.set('kept', ${JSON.stringify(padded(version))}); return ${version}`
        const answer = await client.ask('execute_code', { code, ...(session === undefined ? {} : { session }) })
        session ??= (answer as { metadata?: { session?: string } }).metadata?.session
        return answer
      },
    },
    {
      name: 'results and exports',
      async write(client, version) {
        const code = `return ${JSON.stringify(padded(version))} + '\\n${END_MARK}'`
        const answer = await client.ask('execute_code', { code })
        const handle = /"(r_[\w-]+|[\w-]{10,})"/.exec(
          JSON.stringify((answer.data as { handle?: string } | null)?.handle ?? ''),
        )?.[1]
        if (handle === undefined) return answer
        return await client.call('results.export', { handle, name: 'kept.txt', replace: true })
      },
    },
    {
      name: 'cached answers',
      write: async (client, version) => await client.call('good.echo', { text: `cached ${padded(version % 50)}` }),
    },
    { name: 'the audit trail', write: async (client, version) => await client.call('good.add', { a: version, b: 1 }) },
    {
      name: 'what search learns',
      write: async (client, version) => await client.ask('search', { query: `add numbers ${version % 9}` }),
    },
  ]
}
