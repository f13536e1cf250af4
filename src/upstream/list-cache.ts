import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isRecord } from '../internal/json.ts'
import { shortHash } from '../internal/hash.ts'
import type { ToolDefinition } from './upstream.ts'

/** What is remembered of a server between runs of the gateway. */
export interface RememberedList {
  readonly tools: readonly ToolDefinition[]
  readonly instructions?: string
  readonly protocolVersion?: string
}

/** Keeps one server's list. */
export interface ListCache {
  read(): Promise<RememberedList | undefined>
  write(list: RememberedList): Promise<void>
}

const FORMAT = 1

/**
 * One file a server, named by a hash of what would make it another server; nothing secret in clear. A torn or foreign
 * file counts as none and is replaced at the next write.
 */
export function createListCache(folder: string, name: string, identity: unknown): ListCache {
  const key = shortHash(JSON.stringify([name, identity]))
  const file = join(folder, 'tools', `${name.replace(/[^\w.-]/g, '_').slice(0, 60)}-${key}.json`)
  return {
    async read() {
      try {
        const { format, hash, body } = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
        if (format !== FORMAT || typeof body !== 'string' || shortHash(body) !== hash) return undefined
        const list: unknown = JSON.parse(body)
        return isRecord(list) && Array.isArray(list['tools']) ? (list as unknown as RememberedList) : undefined
      } catch {
        return undefined
      }
    },
    async write(list) {
      const body = JSON.stringify(list)
      await mkdir(join(folder, 'tools'), { recursive: true })
      const temporary = `${file}.${randomUUID()}.tmp`
      await writeFile(temporary, JSON.stringify({ format: FORMAT, hash: shortHash(body), body }), { mode: 0o600 })
      await rename(temporary, file)
    },
  }
}
