import type { Intent } from '../catalog/catalog.ts'
import type { JsonObject } from '../internal/json.ts'

/** An intent that the gateway itself answers, outside any sandbox. */
export interface Builtin {
  readonly intent: Intent
  /** JSON text of the answer's data. `input` was validated against the intent's schema. */
  run(input: JsonObject, principal: string): Promise<string>
}

/** The catalog's entry of a builtin. */
export function builtinIntent(name: string, description: string, input: JsonObject, readOnly: boolean): Intent {
  return { name, description, input, readOnly, servers: [], aliases: {}, origin: 'builtin', examples: [] }
}
