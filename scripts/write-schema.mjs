// Writes the JSON Schema of the configuration file from its definition in the code.
import { writeFileSync } from 'node:fs'
import { configJsonSchema } from '../dist/config/schema.js'

writeFileSync(
  new URL('../schema/mcp-optimizer.schema.json', import.meta.url),
  `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`,
)
