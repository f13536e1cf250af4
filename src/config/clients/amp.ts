import type { Content, Switches } from './client.ts'
import { at } from './groups.ts'
import { deniedTools } from './tool-rules.ts'

/** `amp.tools.disable` names tools of servers too. https://ampcode.com/manual#configuration */
export function ampSwitches(contents: readonly Content[]): Switches {
  const rules = contents.flatMap(({ value }) => {
    const disabled = at(value, ['amp.tools.disable'])
    return Array.isArray(disabled) ? disabled.filter((rule) => typeof rule === 'string') : []
  })
  return (name) => deniedTools(rules, name)
}
