import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Catalog } from '../catalog/catalog.ts'
import { shortHash, stableJson } from '../internal/hash.ts'
import { isRecord } from '../internal/json.ts'

/**
 * How many tools each server has, as they were when all lists of this configuration were first read. They are part of
 * what agents see before they ask, so they never change until the configuration does, whatever the servers do.
 */
export interface ToolCounts {
  /** By server name; undefined until they were kept. Reads one small file. */
  read(): ReadonlyMap<string, number> | undefined
  /** Keeps the catalog's counts, unless there are some or a list is missing. */
  keep(catalog: Catalog): Promise<void>
}

/** One file for each configuration of servers, named by its hash. */
export function createToolCounts(folder: string, servers: object): ToolCounts {
  const file = join(folder, 'tool-counts', `${shortHash(stableJson(servers))}.json`)
  const read = (): ReadonlyMap<string, number> | undefined => {
    try {
      const counts: unknown = JSON.parse(readFileSync(file, 'utf8'))
      if (!isRecord(counts)) return undefined
      return new Map(Object.entries(counts).filter((entry): entry is [string, number] => Number.isInteger(entry[1])))
    } catch {
      // None yet, or torn by a full disk: they are kept anew.
      return undefined
    }
  }
  return {
    read,
    async keep(catalog) {
      const known = [...catalog.servers.values()]
      if (known.length === 0 || known.some(({ toolCount }) => toolCount === 0) || read() !== undefined) return
      await mkdir(join(folder, 'tool-counts'), { recursive: true })
      const temporary = `${file}.${randomUUID()}.tmp`
      const counts = Object.fromEntries(known.map(({ name, toolCount }) => [name, toolCount]))
      await writeFile(temporary, JSON.stringify(counts), { mode: 0o600 })
      await rename(temporary, file)
    },
  }
}
