import { parseArgs } from 'node:util'
import { type Command, type CommandContext, UsageError } from './command.ts'
import { GATEWAY_OPTIONS } from './gateway-options.ts'

type Parsed = Pick<CommandContext, 'values' | 'positionals'>

/** Reads what stands after a command's name. Throws a `UsageError` that says what was meant, as far as it can be known. */
export async function parseCommandLine(command: Command, args: readonly string[]): Promise<Parsed> {
  const { values, positionals } = await parse(command, args)
  if (values['help'] === true) return { values, positionals }
  const extra = positionals[countOperands(command.usage)]
  if (extra !== undefined) throw new UsageError(superfluous(command, extra))
  checkChoices(command, values)
  return { values, positionals }
}

/** How many words the usage names beside flags; `...` stands for any number. */
export function countOperands(usage: string): number {
  const words = usage.replaceAll(/--[\w-]+(?: (?:\[HOST:\])?\w[\w|]*)?/g, '')
  return words.includes('...') ? Number.POSITIVE_INFINITY : (words.match(/\w[^\s\]]*/g) ?? []).length
}

async function parse(command: Command, args: readonly string[]): Promise<Parsed> {
  try {
    const options = { ...command.options, help: { type: 'boolean', short: 'h' } } as const
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
    return { values, positionals }
  } catch (thrown) {
    const message = thrown instanceof Error ? (thrown.message.split(/\. |\n/)[0] ?? thrown.message) : String(thrown)
    const wrong = /^Unknown option '(-{1,2}[\w-]+)/.exec(message)?.[1]
    const hint = wrong === undefined ? '' : await flagHint(wrong, command)
    throw new UsageError(`${message}${hint}; see mcp-optimizer ${command.name} --help`)
  }
}

async function flagHint(wrong: string, command: Command): Promise<string> {
  const { hintForFlag } = await import('./hints.ts')
  return hintForFlag(wrong, Object.keys(command.options), command.usage)
}

function superfluous({ name, usage }: Command, extra: string): string {
  if (extra === 'help') return `"help" stands first: mcp-optimizer help ${name}`
  const takes = countOperands(usage) === 0 ? 'takes no words beside its flags' : `takes ${usage}`
  return `"${extra}" is one word too many: ${name} ${takes}; see mcp-optimizer ${name} --help`
}

/** Flags of the configuration are judged where all its layers are merged. */
function checkChoices({ values: kinds = {} }: Command, values: Parsed['values']): void {
  for (const [name, kind] of Object.entries(kinds)) {
    const value = values[name]
    if (typeof kind === 'string' || typeof value !== 'string' || name in GATEWAY_OPTIONS) continue
    if (!kind.includes(value)) throw new UsageError(`--${name}: found "${value}", wanted one of ${kind.join(', ')}`)
  }
}
