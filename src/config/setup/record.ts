import { join } from 'node:path'
import { z } from 'zod'
import { OptimizerError } from '../../errors.ts'
import { stableJson } from '../../internal/hash.ts'
import type { Hunk } from './hunk.ts'
import { readTextFile, replaceText, type Writing } from './text-file.ts'

/** Our entry was put into a client's file. */
export interface Placed {
  readonly kind: 'placed'
  readonly client: string
  readonly file: string
  /** Our entry as setup wrote it. */
  readonly entry: Readonly<Record<string, unknown>>
  /** How the file came to have it; absent where there was no file. */
  readonly hunk?: Hunk | undefined
  /** An entry of ours stood there before. */
  readonly replaces: boolean
}

/** A server was taken out of a client's file. */
export interface Moved {
  readonly kind: 'moved'
  readonly client: string
  readonly file: string
  /** The name under which the client had it. */
  readonly name: string
  /** The entry as it was read. */
  readonly entry: unknown
  /** The entry's own text. */
  readonly text?: string | undefined
  readonly hunk: Hunk
  /** The name under which our file has it. */
  readonly server: string
  /** What setup wrote into our file; absent where our file had that server before. */
  readonly own?: Readonly<Record<string, unknown>> | undefined
  /** Keys of the entry that have no meaning in our file. */
  readonly dropped: readonly string[]
}

export type Step = Placed | Moved

/** What setup did, so that it can be taken back. */
export interface SetupRecord {
  readonly about: string
  readonly version: 1
  /** Our file was made by setup. */
  readonly created: boolean
  /** What was done to files of clients, oldest first. */
  readonly steps: readonly Step[]
}

const hunkSchema = z.object({ lead: z.string(), before: z.string(), after: z.string(), tail: z.string() })
const where = { client: z.string(), file: z.string() }
const objectSchema = z.record(z.string(), z.unknown())

const recordSchema: z.ZodType<SetupRecord> = z.object({
  about: z.string(),
  version: z.literal(1),
  created: z.boolean(),
  steps: z.array(
    z.discriminatedUnion('kind', [
      z.object({
        kind: z.literal('placed'),
        ...where,
        entry: objectSchema,
        hunk: hunkSchema.optional(),
        replaces: z.boolean(),
      }),
      z.object({
        kind: z.literal('moved'),
        ...where,
        name: z.string(),
        entry: z.unknown(),
        text: z.string().optional(),
        hunk: hunkSchema,
        server: z.string(),
        own: objectSchema.optional(),
        dropped: z.array(z.string()),
      }),
    ]),
  ),
})

const EMPTY: SetupRecord = {
  about: 'What "mcp-optimizer setup" moved out of files of clients, as it stood: "setup --undo" puts it back from here',
  version: 1,
  created: false,
  steps: [],
}

/** The record of former runs, in a file of its own that only this user may read. */
export interface Records {
  readonly path: string
  current(): SetupRecord
  /** For a plan: nothing is written. */
  set(record: SetupRecord): void
  save(record: SetupRecord): Promise<void>
}

/** Throws `CONFIG_INVALID` when the file is no such record: servers would be lost if it were begun anew. */
export async function openRecords(writing: Writing, folder: string): Promise<Records> {
  const path = join(folder, 'mcp-optimizer.moved.json')
  const { text } = await readTextFile(writing.disk, path)
  let current = text === undefined ? EMPTY : parsed(text, path)
  return {
    path,
    current: () => current,
    set(record) {
      current = record
    },
    async save(record) {
      current = record
      const file = await readTextFile(writing.disk, path)
      const after = `${JSON.stringify(record, undefined, 2)}\n`
      if (record.steps.length === 0) await writing.disk.remove(path)
      else if (after !== file.text) await replaceText(writing, file, after, { mode: 0o600, keep: false })
    },
  }
}

function parsed(text: string, file: string): SetupRecord {
  try {
    return recordSchema.parse(JSON.parse(text))
  } catch (thrown) {
    throw new OptimizerError('CONFIG_INVALID', `cannot read ${file}: it is no record of setup; nothing was written`, {
      cause: thrown,
      suggestion: 'put the file back as setup wrote it; once it is moved away, setup cannot undo what it did',
    })
  }
}

/** The record after a client's file was changed again: what a killed run had recorded already counts once. */
export function withSteps(record: SetupRecord, steps: readonly Step[]): SetupRecord {
  const kept = record.steps.filter((old) => !steps.some((step) => isOutdated(old, step)))
  return { ...record, steps: [...kept, ...steps] }
}

function isOutdated(old: Step, step: Step): boolean {
  if (old.client !== step.client || old.file !== step.file) return false
  if (old.kind === 'placed')
    return step.kind === 'placed' && (!step.replaces || stableJson(old.entry) === stableJson(step.entry))
  return step.kind === 'moved' && old.name === step.name && stableJson(old.entry) === stableJson(step.entry)
}
