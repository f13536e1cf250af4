import { isDeepStrictEqual } from 'node:util'
import { OptimizerError } from '../errors.ts'
import { isRecord } from '../internal/json.ts'
import type { Client, Format } from './clients/client.ts'
import type { Editor } from './edit/edit.ts'
import { jsonEditor } from './edit/json.ts'
import { parseStructured } from './read-file.ts'

/** Where servers stand in a file. */
export type Shape = Pick<Client, 'key' | 'format'>

/** Servers in the text of a client's file, by their names. Throws `CONFIG_INVALID` as {@link withServer}. */
export async function serversIn(text: string, shape: Shape, file: string): Promise<Record<string, unknown>> {
  return await holderIn(text, await parsed(text, shape.format, file), shape, file)
}

/**
 * The text with an entry under a name, all else as it stood. Throws `CONFIG_INVALID` with the place when the text does not
 * parse, when something else than a map stands where servers belong, or when the format cannot take the entry there.
 */
export async function withServer(
  text: string,
  shape: Shape,
  file: string,
  name: string,
  entry: object,
): Promise<string> {
  return await edited(
    text,
    shape,
    file,
    (editor) => [editor.put(text, shape.key, name, entry)],
    (servers) => {
      servers[name] = entry
    },
  )
}

/** The text without the entry of a name; the same text where there is none. Throws as {@link withServer}. */
export async function withoutServer(text: string, shape: Shape, file: string, name: string): Promise<string> {
  if (!Object.hasOwn(await serversIn(text, shape, file), name)) return text
  return await edited(
    text,
    shape,
    file,
    (editor) => [editor.remove(text, shape.key, name)],
    (servers) => {
      delete servers[name]
    },
  )
}

/** An entry as it stood before it was taken out of a file. */
export interface FormerEntry {
  readonly name: string
  readonly entry: unknown
  /** The entry's own text. */
  readonly text?: string | undefined
}

/** The text proposed, if it differs from the one given by this entry alone. */
export async function onlyAdding(
  text: string,
  shape: Shape,
  file: string,
  { name, entry }: FormerEntry,
  proposed: string | undefined,
): Promise<string | undefined> {
  if (proposed === undefined) return undefined
  const wanted = await parsed(text, shape.format, file)
  reached(wanted, shape.key)[name] = entry
  return (await readsAs(proposed, wanted, shape, file)) ? proposed : undefined
}

/** The text proposed, if it differs from the one given by another entry of this name alone. */
export async function onlyAnother(
  text: string,
  shape: Shape,
  file: string,
  name: string,
  proposed: string | undefined,
): Promise<string | undefined> {
  if (proposed === undefined) return undefined
  const entry = (await serversIn(proposed, shape, file).catch(() => undefined))?.[name]
  return entry === undefined ? undefined : await onlyAdding(text, shape, file, { name, entry }, proposed)
}

/** The text with an entry that it had before, as it once stood, else as its value is. Throws as {@link withServer}. */
export async function withFormer(
  text: string,
  shape: Shape,
  file: string,
  { name, entry, text: own }: FormerEntry,
): Promise<string> {
  return await edited(
    text,
    shape,
    file,
    (editor) => [
      own === undefined ? undefined : editor.putText(text, shape.key, name, own),
      isRecord(entry) ? editor.put(text, shape.key, name, entry) : undefined,
    ],
    (servers) => {
      servers[name] = entry
    },
  )
}

/** The text without an entry: in one of the texts proposed, else as {@link withoutServer}. */
export async function withoutAgain(
  text: string,
  shape: Shape,
  file: string,
  name: string,
  proposed: readonly (string | undefined)[],
): Promise<string> {
  if (!Object.hasOwn(await serversIn(text, shape, file), name)) return text
  return await edited(
    text,
    shape,
    file,
    (editor) => [...proposed, editor.remove(text, shape.key, name)],
    (servers) => {
      delete servers[name]
    },
  )
}

/** The text of an entry; undefined where it has none of its own. */
export async function entryText(text: string, { key, format }: Shape, name: string): Promise<string | undefined> {
  return (await editorFor(format)).textOf(text, key, name)
}

/** Edits text, and believes the first result that reads as the content before with the one change. */
async function edited(
  text: string,
  shape: Shape,
  file: string,
  edit: (editor: Editor) => readonly (string | undefined)[],
  change: (servers: Record<string, unknown>) => void,
): Promise<string> {
  const before = await parsed(text, shape.format, file)
  await holderIn(text, before, shape, file)
  const wanted = structuredClone(before)
  change(reached(wanted, shape.key))
  for (const after of edit(await editorFor(shape.format))) {
    if (after !== undefined && (await readsAs(after, wanted, shape, file))) return after
  }
  const at = await placeIn(text, shape.format, shape.key)
  throw unchangeable(file, `${at}"${shape.key.join('.')}" is written in a form that cannot be changed in place`, {
    suggestion: `write it as ${shape.format === 'toml' ? 'tables ([name])' : 'a block'}, or change the entry by hand`,
  })
}

async function readsAs(text: string, wanted: unknown, shape: Shape, file: string): Promise<boolean> {
  const read = await parsed(text, shape.format, file).catch(() => undefined)
  return isDeepStrictEqual(comparable(read, shape), comparable(wanted, shape))
}

async function editorFor(format: Format): Promise<Editor> {
  if (format === 'toml') return (await import('./edit/toml.ts')).tomlEditor
  if (format === 'yaml') return (await import('./edit/yaml.ts')).yamlEditor
  return jsonEditor
}

async function parsed(text: string, format: Format, file: string): Promise<Record<string, unknown>> {
  const content = await parseStructured(text, format)
  if ('fault' in content) throw unchangeable(file, content.fault)
  // An empty file of YAML reads as null; of JSON, `null` stands there.
  if (content.value === undefined || (content.value === null && format === 'yaml')) return {}
  if (!isRecord(content.value)) throw unchangeable(file, `line 1:1: found ${kindOf(content.value)}, wanted a map`)
  return content.value
}

/** The map that holds the servers; an empty one when the file has none yet. */
async function holderIn(
  text: string,
  content: Record<string, unknown>,
  { key, format }: Shape,
  file: string,
): Promise<Record<string, unknown>> {
  let value: Record<string, unknown> = content
  for (const [index, part] of key.entries()) {
    if (!Object.hasOwn(value, part)) return {}
    const inner = value[part]
    const path = key.slice(0, index + 1)
    if (isRecord(inner)) value = inner
    else
      throw unchangeable(
        file,
        `${await placeIn(text, format, path)}found ${kindOf(inner)} at "${path.join('.')}", wanted a map`,
      )
  }
  return value
}

/** `line 3:5: ` of what stands at a path. */
async function placeIn(text: string, format: Format, path: readonly string[]): Promise<string> {
  const offset = (await editorFor(format)).offsetOf(text, path)
  if (offset === undefined) return ''
  const lines = text.slice(0, offset).split('\n')
  return `line ${lines.length}:${(lines.at(-1) ?? '').length + 1}: `
}

function reached(content: Record<string, unknown>, path: readonly string[]): Record<string, unknown> {
  let value = content
  for (const key of path) {
    value[key] ??= {}
    value = value[key] as Record<string, unknown>
  }
  return value
}

/** Without prototypes and classes of parsers, and without a map of servers that is empty: a file need not have one. */
function comparable(value: unknown, { key }: Shape): unknown {
  const content = value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown)
  for (let depth = key.length; depth > 0; depth--) {
    const outer = key.slice(0, depth - 1).reduce((inner, part) => (isRecord(inner) ? inner[part] : undefined), content)
    const last = key[depth - 1] ?? ''
    if (!isRecord(outer) || !isRecord(outer[last]) || Object.keys(outer[last]).length > 0) break
    delete outer[last]
  }
  return content
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
