import type { ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { JsonObject } from '../internal/json.ts'
import { cutText, messageOf } from '../internal/text.ts'
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
  return {
    validate(schema, value) {
      const size = sizeOf(value)
      if (size === 'deep') return TOO_DEEP
      if (schema === true || size === 'large') return undefined
      const check = compiled.get(schema) ?? compiler(schema)
      compiled.set(schema, check)
      return check(value)
    },
  }
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
  let ajv = createAjv(steps)
  let count = 0
  return (schema) => {
    const relaxed = validationSchema(schema)
    if (relaxed === true) return () => undefined
    if (countSchemas(relaxed) > MAX_SCHEMAS) {
      report(`a schema holds more than ${MAX_SCHEMAS} schemas, its values are not checked`)
      return () => undefined
    }
    if (++count % SCHEMAS_PER_INSTANCE === 0) ajv = createAjv(steps)
    try {
      const counted = withSteps(relaxed)
      const matches = ajv.compile(counted)
      ajv.removeSchema(counted)
      return (value) => run(matches, steps, value, report)
    } catch (thrown) {
      report(`a schema does not compile, its values are not checked: ${cutText(messageOf(thrown), 200)}`)
      return () => undefined
    }
  }
}

function createAjv(steps: StepsLeft): Ajv2020 {
  const ajv = new Ajv2020({
    strict: false,
    meta: false,
    validateSchema: false,
    validateFormats: false,
    // Optimising costs time that grows with the square of the schema's size, and gains nothing measurable here.
    code: { optimize: false },
    inlineRefs: false,
    verbose: true,
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

/** Iterative, and bounded for values that share parts or hold themselves. */
function sizeOf(value: unknown): 'deep' | 'large' | 'fine' {
  let parts = 0
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return 'deep'
    const next: unknown[] = []
    for (const item of level) {
      if (typeof item !== 'object' || item === null) continue
      for (const inner of Object.values(item)) {
        if (++parts > MAX_PARTS) return 'large'
        next.push(inner)
      }
    }
    level = next
  }
  return 'fine'
}
