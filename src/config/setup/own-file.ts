import { join } from 'node:path'
import { stableJson } from '../../internal/hash.ts'
import { isRecord } from '../../internal/json.ts'
import { serversIn, type Shape, withoutServer, withServer } from '../client-file.ts'
import { parseStructured } from '../read-file.ts'
import { moveAway, readTextFile, replaceText, type TextFile, type Writing } from './text-file.ts'
import type { OwnEntry } from './translate.ts'

/** The user's own `mcp-optimizer.json`, changed in place. */
export interface OwnFile {
  readonly path: string
  /** There was no such file. */
  readonly isNew: boolean
  servers(): Promise<Readonly<Record<string, unknown>>>
  put(name: string, entry: OwnEntry): Promise<void>
  remove(name: string): Promise<void>
  /** Where the former text is, if there was one and it was changed. */
  save(): Promise<string | undefined>
  /** True where the file holds nothing but what setup begins it with. */
  isBare(): boolean
  /** Moves the file as it is on the disk to a dated name, which is answered: without it clients' servers are found again. */
  retire(): Promise<string | undefined>
}

const SCHEMA_NAME = 'mcp-optimizer.schema.json'
/**
 * The schema lies beside the file: editors resolve it without a network, and it stays when npx cleans its cache or another
 * version is installed elsewhere.
 */
const SKELETON = `{\n  "$schema": "./${SCHEMA_NAME}",\n  "servers": {}\n}\n`

/** Throws `CONFIG_INVALID` where the file cannot be read or changed. */
export async function openOwnFile(writing: Writing, folder: string, schema: () => Promise<string>): Promise<OwnFile> {
  const found = await existing(writing, folder)
  const shape = await shapeOf(found.text ?? SKELETON)
  let file: TextFile = found
  let text = found.text ?? SKELETON
  let isKept = false
  await serversIn(text, shape, found.path)
  return {
    path: found.path,
    isNew: found.text === undefined,
    servers: async () => await serversIn(text, shape, found.path),
    async put(name, entry) {
      const known = (await serversIn(text, shape, found.path))[name]
      if (stableJson(known) !== stableJson(entry)) text = await withServer(text, shape, found.path, name, entry)
    },
    async remove(name) {
      text = await withoutServer(text, shape, found.path, name)
    },
    async save() {
      if (text === (file.text ?? SKELETON)) return undefined
      if (file.text === undefined) await writeSchema(writing, join(folder, SCHEMA_NAME), await schema())
      // One backup a run: what stood there before the first change.
      const backup = await replaceText(writing, file, text, { mode: 0o600, keep: !isKept })
      isKept = true
      file = { ...file, text }
      return backup
    },
    isBare: () => text === SKELETON,
    async retire() {
      if (file.text === undefined) return undefined
      await writing.disk.remove(join(folder, SCHEMA_NAME))
      const name = await moveAway(writing, file)
      file = { ...file, text: undefined }
      return name
    },
  }
}

async function existing({ disk }: Writing, folder: string): Promise<TextFile> {
  const [json, jsonc] = ['mcp-optimizer.json', 'mcp-optimizer.jsonc'].map((name) => join(folder, name))
  const first = await readTextFile(disk, json ?? '')
  if (first.text !== undefined) return first
  const second = await readTextFile(disk, jsonc ?? '')
  return second.text === undefined ? first : second
}

/** Servers go where the file has them: under `servers`, or under the other name that it may use. */
async function shapeOf(text: string): Promise<Shape> {
  const content = await parseStructured(text, 'json')
  const value = 'value' in content && isRecord(content.value) ? content.value : {}
  const key = value['servers'] === undefined && value['mcpServers'] !== undefined ? 'mcpServers' : 'servers'
  return { key: [key], format: 'json' }
}

async function writeSchema(writing: Writing, path: string, schema: string): Promise<void> {
  const file = await readTextFile(writing.disk, path)
  if (file.text !== schema) await replaceText(writing, file, schema, { mode: 0o644, keep: false })
}
