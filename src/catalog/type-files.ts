import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAtomically } from '../internal/atomic-file.ts'
import { shortHash } from '../internal/hash.ts'
import { isRecord } from '../internal/json.ts'
import { fromJson, type Structure, toJson } from '../internal/structure.ts'

/** What was learned of one tool's results. */
export interface LearnedOutput {
  /** Of the tool's definition: another one is another tool. */
  readonly key: string
  readonly tool: string
  /** Results that were looked at. */
  samples: number
  readonly value: Structure
  /** Of results that are text: the JSON and the table inside. */
  json?: Structure
  table?: Structure
  /** How the last result that broke the tool's own output schema did so. */
  problem?: string
}

/** Keeps what was learned between runs of the gateway, one small file a tool. */
export interface TypeFiles {
  readAll(): Promise<readonly LearnedOutput[]>
  write(output: LearnedOutput): Promise<void>
  clear(): Promise<void>
}

const FORMAT = 1
const MAX_FILES = 2_000
const MAX_BYTES = 256 * 1024

/** A torn or foreign file counts as none. Beyond 2,000 files the oldest are removed. */
export function createTypeFiles(cacheDir: string): TypeFiles {
  const folder = join(cacheDir, 'types')
  return {
    async readAll() {
      const outputs = await Promise.all((await newest(folder)).map(readOutput))
      return outputs.filter((output) => output !== undefined)
    },
    async write(output) {
      const body = JSON.stringify(toFile(output))
      if (body.length > MAX_BYTES) return
      const text = JSON.stringify({ format: FORMAT, hash: shortHash(body), body })
      await writeAtomically(join(folder, `${output.key}.json`), text)
    },
    async clear() {
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function newest(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json'))
  const files = names.map((name) => join(folder, name))
  if (files.length <= MAX_FILES) return files
  const dated = await Promise.all(
    files.map(async (file) => ({ file, changed: (await stat(file).catch(() => undefined))?.mtimeMs ?? 0 })),
  )
  const ordered = dated.toSorted((a, b) => b.changed - a.changed).map(({ file }) => file)
  await Promise.all(ordered.slice(MAX_FILES).map(async (file) => await rm(file, { force: true })))
  return ordered.slice(0, MAX_FILES)
}

async function readOutput(file: string): Promise<LearnedOutput | undefined> {
  try {
    const { format, hash, body } = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
    if (format !== FORMAT || typeof body !== 'string' || shortHash(body) !== hash) return undefined
    return fromFile(JSON.parse(body))
  } catch {
    return undefined
  }
}

function toFile({ value, json, table, ...rest }: LearnedOutput): object {
  return {
    ...rest,
    value: toJson(value),
    ...(json === undefined ? {} : { json: toJson(json) }),
    ...(table === undefined ? {} : { table: toJson(table) }),
  }
}

function fromFile(content: unknown): LearnedOutput | undefined {
  if (!isRecord(content)) return undefined
  const { key, tool, samples, problem } = content
  const [value, json, table] = [content['value'], content['json'], content['table']].map((part) => fromJson(part))
  if (typeof key !== 'string' || typeof tool !== 'string' || typeof samples !== 'number' || value === undefined)
    return undefined
  return {
    key,
    tool,
    samples,
    value,
    ...(json === undefined ? {} : { json }),
    ...(table === undefined ? {} : { table }),
    ...(typeof problem === 'string' ? { problem } : {}),
  }
}
