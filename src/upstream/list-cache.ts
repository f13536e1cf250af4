import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAtomically } from '../internal/atomic-file.ts'
import { shortHash } from '../internal/hash.ts'
import { isRecord } from '../internal/json.ts'
import { inTurns, parseInSlices } from '../internal/json-slices.ts'
import { seal, unseal } from '../internal/seal.ts'
import type { Capabilities } from './offers.ts'
import type { ToolDefinition } from './upstream.ts'

/** What is remembered of a server between runs of the gateway. */
export interface RememberedList {
  readonly tools: readonly ToolDefinition[]
  readonly instructions?: string
  readonly protocolVersion?: string
  readonly capabilities?: Capabilities
}

/** Keeps one server's list. */
export interface ListCache {
  read(): Promise<RememberedList | undefined>
  write(list: RememberedList): Promise<void>
}

/** Written by us: bounded before. */
const BOUNDS = { maxDepth: 1_000, maxValues: Number.POSITIVE_INFINITY }

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
        const list = await parseInSlices(unseal(await readFile(file, 'utf8')) ?? '', BOUNDS)
        return isRecord(list) && Array.isArray(list['tools']) ? (list as unknown as RememberedList) : undefined
      } catch {
        return undefined
      }
    },
    async write(list) {
      const { tools, ...rest } = list
      const written: string[] = []
      await inTurns(() => {
        const tool = tools[written.length]
        if (tool !== undefined) written.push(JSON.stringify(tool))
        return tool === undefined
      })
      const head = JSON.stringify(rest).slice(1)
      await writeAtomically(file, seal(`{"tools":[${written.join(',')}]${head === '}' ? '' : ','}${head}`))
    },
  }
}
