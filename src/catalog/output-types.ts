import { isDeepStrictEqual } from 'node:util'
import { LRUCache } from 'lru-cache'
import { shortHash, stableJson } from '../internal/hash.ts'
import type { JsonObject } from '../internal/json.ts'
import { createStructure, merge, observe, type Structure, toSchema } from '../internal/structure.ts'
import { createTextData } from '../internal/text-data.ts'
import type { CatalogTool } from './catalog.ts'
import type { LearnedOutput, TypeFiles } from './type-files.ts'
import { toShortType } from './typings.ts'
import type { Validator } from './validate.ts'

/** What tools answer: learned from their results where they do not say it, checked where they do. */
export interface OutputTypes extends AsyncDisposable {
  /**
   * Looks at a result as programs see it; most of the time only counts it, and does not ask for it. Answers how it breaks the
   * tool's own output schema, if it does and was looked at. Never throws.
   */
  note(tool: CatalogTool, result: () => unknown): string | undefined
  /** The learned JSON Schema of a tool that has none of its own; undefined before its first result. */
  outputOf(tool: CatalogTool): JsonObject | undefined
  /** Another number than before: some `outputOf` may answer something else. */
  version(): number
  /** Reads what earlier runs have learned, once. */
  load(): Promise<void>
  report(): readonly OutputReport[]
  /** Forgets everything, on disk too. */
  forget(): Promise<void>
}

/** What was learned of the results of one tool. */
export interface OutputReport {
  readonly tool: string
  /** Results that were looked at. */
  readonly samples: number
  /** TypeScript, in one line. */
  readonly type: string
  /** How the last result that broke the tool's own output schema did so. */
  readonly problem?: string
}

export interface OutputTypesOptions {
  /** Undefined: nothing is kept between runs. */
  readonly files: TypeFiles | undefined
  readonly validator: Validator
  /** Does work later, off the way of the call. @default setImmediate */
  readonly later?: (work: () => void) => void
}

/** All of the first results of a tool are looked at, then every now and then one. */
const FIRST = 20
const THEN_EVERY = 50
const MAX_TOOLS = 2_000
/** Results that wait to be looked at; more are left out. */
const MAX_WAITING = 20
/** Characters of a text in which data is looked for. */
const MAX_TEXT_CHARS = 200_000
const SAVE_MS = 2_000

interface Entry extends LearnedOutput {
  /** Results, looked at or not, in this run. */
  seen: number
  schema?: JsonObject | undefined
  isDirty: boolean
}

export function createOutputTypes(options: OutputTypesOptions): OutputTypes {
  const { files, validator, later = setImmediate } = options
  const entries = new LRUCache<string, Entry>({ max: MAX_TOOLS })
  const keys = new WeakMap<CatalogTool, string>()
  const texts = createTextData()
  const waiting = new Set<() => void>()
  let version = 0
  let loading: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> = Promise.resolve()

  const entryOf = (tool: CatalogTool): Entry => {
    const key = keys.get(tool) ?? shortHash(`${tool.server}\n${stableJson(tool.definition)}`)
    keys.set(tool, key)
    const entry = entries.get(key) ?? {
      key,
      tool: tool.id,
      samples: 0,
      value: createStructure(),
      seen: 0,
      isDirty: false,
    }
    entries.set(key, entry)
    return entry
  }

  const load = async (): Promise<void> => {
    loading ??= (async () => {
      for (const output of (await files?.readAll()) ?? []) {
        const entry = entries.get(output.key)
        if (entry === undefined) entries.set(output.key, { ...output, seen: output.samples, isDirty: false })
        else join(entry, output)
      }
      version++
    })()
    await loading
  }

  const save = async (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    if (![...entries.values()].some(({ isDirty }) => isDirty)) return
    // What earlier runs have learned is added to, not replaced.
    await load()
    for (const entry of entries.values()) {
      if (!entry.isDirty) continue
      entry.isDirty = false
      // A folder that cannot be written costs what would have been remembered, not the calls.
      await files?.write(entry).catch(() => undefined)
    }
  }
  const saveSoon = (entry: Entry): void => {
    entry.isDirty = true
    if (files === undefined || timer !== undefined) return
    timer = setTimeout(() => (writing = writing.then(save)), SAVE_MS)
    timer.unref()
  }

  const learn = (entry: Entry, value: unknown): void => {
    const before = known(entry)
    entry.samples++
    observe(entry.value, value)
    if (typeof value === 'string' && value.length <= MAX_TEXT_CHARS) {
      const [json, rows] = [texts.json(value), texts.table(value)]
      if (json !== undefined) observe((entry.json ??= createStructure()), json)
      if (rows !== undefined) observe((entry.table ??= createStructure()), rows)
    }
    entry.schema = undefined
    if (!isDeepStrictEqual(known(entry), before)) version++
    saveSoon(entry)
  }

  return {
    note(tool, result) {
      const entry = entryOf(tool)
      const turn = entry.seen++
      if (entry.samples >= FIRST && turn % THEN_EVERY !== 0) return undefined
      if (tool.outputSchema !== undefined) {
        const problem = breach(tool.outputSchema, result(), validator)
        entry.samples++
        if (problem !== undefined && problem !== entry.problem) {
          entry.problem = problem
          saveSoon(entry)
        }
        return problem
      }
      if (waiting.size >= MAX_WAITING) return undefined
      const look = (): void => {
        if (waiting.delete(look)) learn(entry, result())
      }
      waiting.add(look)
      later(look)
      return undefined
    },
    outputOf(tool) {
      if (tool.outputSchema !== undefined) return undefined
      return known(entryOf(tool))
    },
    version: () => version,
    load,
    report() {
      const seen = [...entries.values()].filter(({ samples }) => samples > 0)
      return seen.map(reportOf).toSorted((a, b) => (a.tool < b.tool ? -1 : 1))
    },
    async forget() {
      entries.clear()
      version++
      await files?.clear()
    },
    async [Symbol.asyncDispose]() {
      for (const look of waiting) look()
      await writing
      await save()
    },
  }
}

function known(entry: Entry): JsonObject | undefined {
  return entry.samples === 0 ? undefined : (entry.schema ??= schemaOf(entry))
}

/** Where a value breaks a schema, and what would be right; never the value, nor keys and places that are data. */
function breach(schema: JsonObject | true, value: unknown, validator: Validator): string | undefined {
  const problem = validator.validateResult(schema, value)
  if (problem === undefined) return undefined
  const place = problem.path.replaceAll(/\[[^\]]*\]/g, '[]')
  return `${place === '' ? 'the value' : place}: wanted ${problem.expected}`
}

function schemaOf({ value, json, table }: LearnedOutput): JsonObject {
  const own = toSchema(value)
  if (own['type'] !== 'string' || (json === undefined && table === undefined)) return own
  const parts = Object.entries({ json, table }).filter((entry): entry is [string, Structure] => entry[1] !== undefined)
  const beside = {
    properties: Object.fromEntries(parts.map(([name, part]) => [name, toSchema(part)])),
    required: parts.filter(([, part]) => part.seen >= value.seen).map(([name]) => name),
  }
  return { allOf: [own, beside] }
}

function join(entry: Entry, output: LearnedOutput): void {
  entry.samples += output.samples
  merge(entry.value, output.value)
  for (const part of ['json', 'table'] as const) {
    const known = output[part]
    if (known !== undefined) merge((entry[part] ??= createStructure()), known)
  }
  if (output.problem !== undefined) entry.problem ??= output.problem
  entry.schema = undefined
}

function reportOf(output: LearnedOutput): OutputReport {
  const { tool, samples, value, problem } = output
  return {
    tool,
    samples,
    type: value.seen === 0 ? 'as its own schema says' : toShortType(schemaOf(output), 6),
    ...(problem === undefined ? {} : { problem }),
  }
}
