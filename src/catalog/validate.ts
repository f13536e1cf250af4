import type { ValidateFunction } from 'ajv'
import { createRequire } from 'node:module'
import type * as ajv2020 from 'ajv/dist/2020.js'
import type { Ajv2020 } from 'ajv/dist/2020.js'
import { type JsonObject, toJson } from '../internal/json.ts'
import { createMemo } from '../internal/memo.ts'
import { cutText, messageOf } from '../internal/text.ts'
import { type Accepts, adaptValue, restoreIntegers } from './adapt.ts'
import { explain } from './explain.ts'
import { validationSchema } from './schema.ts'
import { countSchemas } from './subschemas.ts'
import { addStepsKeyword, StepLimitReached, type StepsLeft, withSteps } from './steps.ts'

/** Why a value does not match its schema. */
export interface ValidationProblem {
  /** Place in the value: `limit`, `items[2].id`; empty for the value itself. */
  readonly path: string
  /** In one sentence, with the value found: `limit must be integer, found "ten"`. */
  readonly message: string
  /** What would be right, as a short TypeScript type or a rule: `'open' | 'closed'`, `>= 1`. */
  readonly expected: string
}

export interface Validator {
  /**
   * Answers undefined when `value` (JSON data, left untouched) matches, or when that cannot be found out: the schema
   * does not compile, the value holds more than 100,000 parts, or the check takes too many steps. A value that nests
   * deeper than 200 levels never matches. Compiles each schema object once. Never throws.
   */
  readonly validate: (schema: JsonObject | true, value: unknown) => ValidationProblem | undefined
  /**
   * The value itself when it passes `validate`; else the value as {@link adaptValue} makes it of it, with what is wrong
   * with that, if anything still is.
   */
  readonly fit: (schema: JsonObject | true, value: unknown) => FittedValue
  /** As `validate`, for what a server answered: large integers, which are texts in values, may stand where it promised integers. */
  readonly validateResult: (schema: JsonObject | true, value: unknown) => ValidationProblem | undefined
}

export interface FittedValue {
  readonly value: unknown
  readonly problem?: ValidationProblem
}

export interface ValidatorOptions {
  /** Told once for each schema that could not be compiled or was given up. */
  readonly onProblem?: (problem: string) => void
}

const MAX_DEPTH = 200
const MAX_PARTS = 100_000
const MAX_STEPS = 200_000
/** Compiling takes about 0.2 ms for each schema inside; the largest of 3,035 real tools has 1,001. */
const MAX_SCHEMAS = 4_000

/** An Ajv instance keeps parts of all that it ever compiled: a fresh one takes over after this many schemas. */
const SCHEMAS_PER_INSTANCE = 100

/** Makes a validator; it holds compiled schemas about as long as somebody else holds the schema. */
export function createValidator(options: ValidatorOptions = {}): Validator {
  const compiler = createCompiler(options.onProblem ?? (() => {}))
  const compiled = new WeakMap<JsonObject, Check>()
  const validate: Validator['validate'] = (schema, value) => {
    const { size, hasBigInt } = look(value)
    if (size === 'deep') return TOO_DEEP
    if (schema === true || size === 'large') return undefined
    const check = compiled.get(schema) ?? compiler(schema)
    compiled.set(schema, check)
    return check(hasBigInt ? withNumbers(value) : value)
  }
  const parts = createMemo((root: JsonObject) => partsOf(root, validate))
  return {
    validate,
    fit(schema, value) {
      const problem = validate(schema, value)
      if (problem === undefined) return { value }
      if (schema === true || problem === TOO_DEEP) return { value, problem }
      const { root, accepts } = parts.of(schema)
      const made = adaptValue(root, value, accepts)
      const left = made === value ? problem : validate(schema, made)
      return left === undefined ? { value: made } : { value: made, problem: left }
    },
    validateResult(schema, value) {
      const problem = validate(schema, value)
      if (problem === undefined || schema === true || problem === TOO_DEEP) return problem
      const { root, accepts } = parts.of(schema)
      const made = restoreIntegers(root, value, accepts)
      return made === value ? problem : validate(schema, made)
    },
  }
}

/** What judges the schemas inside a root, each as if it stood alone. */
function partsOf(schema: JsonObject, validate: Validator['validate']): { root: JsonObject; accepts: Accepts } {
  const root = withoutSelf(schema)
  const alone = createMemo((part: JsonObject): JsonObject => ({ ...part, $defs: root['$defs'] ?? {} }))
  return { root, accepts: (part, value) => validate(alone.of(part), value) === undefined }
}

const SELF = 'self__'

/** The schema with a definition for itself, where it refers to itself: `#` means another one in each part. */
function withoutSelf(schema: JsonObject): JsonObject {
  const text = toJson(schema)
  if (!text.includes('"$ref":"#"')) return schema
  const { $defs = {}, ...self } = JSON.parse(text.replaceAll('"$ref":"#"', `"$ref":"#/$defs/${SELF}"`)) as JsonObject
  return { $ref: `#/$defs/${SELF}`, $defs: { ...($defs as JsonObject), [SELF]: self } }
}

type Check = (value: unknown) => ValidationProblem | undefined
type Report = (problem: string) => void

const TOO_DEEP: ValidationProblem = {
  path: '',
  message: `the value nests deeper than ${MAX_DEPTH} levels`,
  expected: `at most ${MAX_DEPTH} levels`,
}

function createCompiler(report: Report): (schema: JsonObject) => Check {
  const steps: StepsLeft = { left: 0 }
  let ajv: Ajv2020 | undefined
  let count = 0
  return (schema) => {
    const relaxed = validationSchema(schema)
    if (relaxed === true) return () => undefined
    if (countSchemas(relaxed) > MAX_SCHEMAS) {
      report(`a schema holds more than ${MAX_SCHEMAS} schemas, its values are not checked`)
      return () => undefined
    }
    if (++count % SCHEMAS_PER_INSTANCE === 0) ajv = undefined
    const compiler = (ajv ??= createAjv(steps))
    try {
      const counted = withSteps(relaxed)
      const matches = compiler.compile(counted)
      compiler.removeSchema(counted)
      return (value) => run(matches, steps, value, report)
    } catch (thrown) {
      report(`a schema does not compile, its values are not checked: ${cutText(messageOf(thrown), 200)}`)
      return () => undefined
    }
  }
}

/** Loads the library with the first schema: most who import this package validate later, or never. */
function createAjv(steps: StepsLeft): Ajv2020 {
  const library = createRequire(import.meta.url)('ajv/dist/2020.js') as typeof ajv2020
  const ajv = new library.Ajv2020({
    // A property is one of the value itself: every object inherits a `constructor`, and `toString` is not given by being there.
    ownProperties: true,
    strict: false,
    meta: false,
    validateSchema: false,
    validateFormats: false,
    // Optimising costs time that grows with the square of the schema's size, and gains nothing measurable here.
    code: { optimize: false },
    inlineRefs: false,
    verbose: true,
    // 0.07 is 7.000000000000001 times 0.01.
    multipleOfPrecision: 4,
    logger: false,
  })
  addStepsKeyword(ajv, steps)
  return ajv
}

function run(
  matches: ValidateFunction,
  steps: StepsLeft,
  value: unknown,
  report: Report,
): ValidationProblem | undefined {
  steps.left = MAX_STEPS
  try {
    return matches(value) ? undefined : explain(matches.errors ?? [], value)
  } catch (thrown) {
    if (!(thrown instanceof StepLimitReached) && !(thrown instanceof RangeError)) throw thrown
    report('a value was not checked to the end: its schema asks for too many steps')
    return undefined
  }
}

/** The value with the nearest number for each bigint: as far as schemas can tell them apart. */
function withNumbers(value: unknown): unknown {
  return JSON.parse(toJson(value))
}

interface Look {
  readonly size: 'deep' | 'large' | 'fine'
  readonly hasBigInt: boolean
}

/** Iterative, and bounded for values that share parts or hold themselves. */
function look(value: unknown): Look {
  let parts = 0
  let hasBigInt = typeof value === 'bigint'
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return { size: 'deep', hasBigInt }
    const next: unknown[] = []
    for (const item of level) {
      if (typeof item !== 'object' || item === null) continue
      for (const inner of Object.values(item)) {
        if (++parts > MAX_PARTS) return { size: 'large', hasBigInt }
        if (typeof inner === 'bigint') hasBigInt = true
        next.push(inner)
      }
    }
    level = next
  }
  return { size: 'fine', hasBigInt }
}
