import { join } from 'node:path'
import type { Content, Places, Switches } from './client.ts'
import { named } from './folders.ts'
import { at } from './groups.ts'

/** The folder of Copilot CLI. */
export function copilotFolder(places: Places): string {
  return named(places, 'COPILOT_HOME') ?? join(places.home, '.copilot')
}

/** `copilot mcp disable` keeps its names in the settings; checked against Copilot CLI 1.0. */
export function copilotSwitches(contents: readonly Content[]): Switches {
  const disabled = new Set(
    contents.flatMap(({ value }) => {
      const names = at(value, ['disabledMcpServers'])
      return Array.isArray(names) ? (names as unknown[]) : []
    }),
  )
  return (name) => ({ off: disabled.has(name) })
}
