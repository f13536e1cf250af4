import { type JsonObject, toJson } from '../../internal/json.ts'
import { TooLarge } from './joined.ts'
import { type Extent, type PortableSchema, Writer } from './writer.ts'

/** The first that is no larger than {@link roomFor} says is taken. */
const EXTENTS: readonly Extent[] = [
  { levels: 9, references: 9 },
  { levels: 9, references: 3 },
  { levels: 9, references: 2 },
  { levels: 9, references: 1 },
  { levels: 6, references: 1 },
  { levels: 4, references: 1 },
  { levels: 3, references: 1 },
  { levels: 2, references: 1 },
]
const LEAST: Extent = { levels: 1, references: 0 }

/**
 * Rewrites a screened schema of arguments into the subset that OpenAI (strict as well), Gemini, Anthropic, VS Code and Codex
 * all take: `type`, `description`, `properties`, `required`, `items` and `enum`. What other keywords say is told in the
 * description. References are put in their place; circles and what is too deep or too large are cut, and their type is told.
 * It takes less than the original in places where a model has to choose one of several types; it is for showing alone.
 */
export function portableSchema(given: JsonObject | true): PortableSchema {
  if (given === true) return { schema: { type: 'object', properties: {} }, names: undefined }
  const room = roomFor(given)
  for (const extent of EXTENTS) {
    const made = attempt(given, extent)
    if (made !== undefined && toJson(made.schema).length <= room) return made
  }
  return attempt(given, LEAST) ?? UNSHOWN
}

const UNSHOWN: PortableSchema = {
  schema: { type: 'object', properties: {}, description: 'its schema is too large to show here' },
  names: undefined,
}

/** References in their place may cost some more characters than the schema itself. */
function roomFor(given: JsonObject): number {
  return Math.max(3_000, toJson(given).length * 1.25)
}

function attempt(given: JsonObject, extent: Extent): PortableSchema | undefined {
  try {
    return new Writer(given, extent).root()
  } catch (thrown) {
    if (thrown instanceof TooLarge) return undefined
    throw thrown
  }
}
