import { isRecord } from '../../internal/json.ts'
import type { Content, Switches } from './client.ts'
import { at } from './groups.ts'

/** The profile of Zed's agent says which servers and tools it has. https://zed.dev/docs/ai/agent-settings */
export function zedSwitches(contents: readonly Content[]): Switches {
  const values = contents.map(({ value }) => value)
  const name = values.map((value) => at(value, ['agent', 'default_profile'])).find((found) => typeof found === 'string')
  const profile = values.map((value) => at(value, ['agent', 'profiles', name ?? 'write'])).find(isRecord)
  return (server) => {
    const tools = Object.entries(asRecord(at(profile, ['context_servers', server, 'tools'])))
    if (profile === undefined || profile['enable_all_context_servers'] === true) return without(tools)
    // Without the key a profile has what it lists, and one that lists nothing has all.
    if (profile['enable_all_context_servers'] === undefined && profile['context_servers'] === undefined) return {}
    const shown = tools.filter(([, isShown]) => isShown === true).map(([tool]) => tool)
    return shown.length === 0 ? { off: true } : { include: shown }
  }
}

function without(tools: readonly (readonly [name: string, isShown: unknown])[]): { exclude?: string[] } {
  const exclude = tools.filter(([, isShown]) => isShown === false).map(([tool]) => tool)
  return exclude.length === 0 ? {} : { exclude }
}

function asRecord(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {}
}
