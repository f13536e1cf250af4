import { isDeepStrictEqual } from 'node:util'
import { OptimizerError } from '../errors.ts'
import { isRecord } from '../internal/json.ts'
import type { Client, Format } from './clients/client.ts'
import type { Editor } from './edit/edit.ts'
import { jsonEditor } from './edit/json.ts'
import { parseStructured } from './read-file.ts'

/** Servers in the text of a client's file, by their names. Throws `CONFIG_INVALID` as {@link withServer}. */
export async function serversIn(text: string, client: Client, file: string): Promise<Record<string, unknown>> {
  return holderIn(await parsed(text, client.format, file), client, file) ?? {}
}

/**
 * The text with an entry under a name, all else as it stood. Throws `CONFIG_INVALID` with the place when the text does not
 * parse, when something else than a map stands where servers belong, or when the format cannot take the entry there.
 */
export async function withServer(
  text: string,
  client: Client,
  file: string,
  name: string,
  entry: object,
): Promise<string> {
  return await edited(
    text,
    client,
    file,
    (editor) => editor.put(text, client.key, name, entry),
    (servers) => {
      servers[name] = entry
    },
  )
}

/** The text without the entry of a name; the same text where there is none. Throws as {@link withServer}. */
export async function withoutServer(text: string, client: Client, file: string, name: string): Promise<string> {
  if (!Object.hasOwn(await serversIn(text, client, file), name)) return text
  return await edited(
    text,
    client,
    file,
    (editor) => editor.remove(text, client.key, name),
    (servers) => {
      delete servers[name]
    },
  )
}

/** Edits text, and believes the result only when it reads as the content before with the one change. */
async function edited(
  text: string,
  client: Client,
  file: string,
  edit: (editor: Editor) => string,
  change: (servers: Record<string, unknown>) => void,
): Promise<string> {
  const before = await parsed(text, client.format, file)
  holderIn(before, client, file)
  const wanted = structuredClone(before)
  change(reached(wanted, client.key))
  const after = edit(await editorFor(client.format))
  const read = await parsed(after, client.format, file).catch(() => undefined)
  if (isDeepStrictEqual(plain(read), plain(wanted))) return after
  throw unchangeable(file, `"${client.key.join('.')}" is written in a form that cannot be added to in place`, {
    suggestion: `write it as ${client.format === 'toml' ? 'tables ([name])' : 'a block'}, or change the entry by hand`,
  })
}

async function editorFor(format: Format): Promise<Editor> {
  if (format === 'toml') return (await import('./edit/toml.ts')).tomlEditor
  if (format === 'yaml') return (await import('./edit/yaml.ts')).yamlEditor
  return jsonEditor
}

async function parsed(text: string, format: Format, file: string): Promise<Record<string, unknown>> {
  const content = await parseStructured(text, format)
  if ('fault' in content) throw unchangeable(file, content.fault)
  if (content.value === null || content.value === undefined) return {}
  if (!isRecord(content.value)) throw unchangeable(file, `line 1:1: found ${kindOf(content.value)}, wanted a map`)
  return content.value
}

/** The map that holds the servers; undefined when the file has none yet. */
function holderIn(content: Record<string, unknown>, client: Client, file: string): Record<string, unknown> | undefined {
  let value: Record<string, unknown> = content
  for (const [index, key] of client.key.entries()) {
    if (!Object.hasOwn(value, key)) return undefined
    const inner = value[key]
    if (isRecord(inner)) value = inner
    else
      throw unchangeable(file, `found ${kindOf(inner)} at "${client.key.slice(0, index + 1).join('.')}", wanted a map`)
  }
  return value
}

function reached(content: Record<string, unknown>, path: readonly string[]): Record<string, unknown> {
  let value = content
  for (const key of path) {
    value[key] ??= {}
    value = value[key] as Record<string, unknown>
  }
  return value
}

/** Without prototypes and classes of parsers, so that equal content is equal. */
function plain(value: unknown): unknown {
  return value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown)
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`
}

function unchangeable(file: string, why: string, options: { suggestion?: string } = {}): OptimizerError {
  return new OptimizerError('CONFIG_INVALID', `cannot change ${file}: ${why}; nothing was written`, {
    suggestion: options.suggestion ?? 'mend the file at the named place, then try again',
  })
}
