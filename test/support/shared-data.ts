import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Folder of the test data (catalogs, labelled search sets, hostile programs); not part of the repository. */
export const dataDir: string =
  process.env['MCP_OPTIMIZER_DATA'] ?? fileURLToPath(new URL('../../../shared/data', import.meta.url))

export const haveData: boolean = existsSync(dataDir)

/** Use as `describe.skipIf(noData('…'))`: prints why when the data is absent. */
export function noData(what: string): boolean {
  if (!haveData) console.log(`skipped: ${what}: no test data at MCP_OPTIMIZER_DATA`)
  return !haveData
}
