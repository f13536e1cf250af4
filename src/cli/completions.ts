import type { Command, CommandContext, ValueKind } from './command.ts'
import { COMMANDS, commandNamed } from './commands.ts'
import { GATEWAY_HELP, GATEWAY_OPTIONS, GATEWAY_VALUES } from './gateway-options.ts'
import { topicNames } from './help.ts'

/** Candidates for the word that is being typed. */
export interface Candidate {
  readonly value: string
  readonly description?: string
}

type Place = Pick<CommandContext, 'cwd' | 'env'>

/**
 * Candidates for the last of the words behind the program's name. Empty where any text may stand, so that the shell
 * proposes files. Nothing is started: names of tools are those that are remembered.
 */
export async function completionsOf(words: readonly string[], place: Place): Promise<readonly Candidate[]> {
  const current = words.at(-1) ?? ''
  const [name = '', ...rest] = words
  if (rest.length === 0) return beginning(await commandCandidates(current), current)
  if (name === 'help' || name === '--help')
    return rest.length > 1 ? [] : beginning([...(await commandCandidates('')), ...topicNames().map(plain)], current)
  const command = await commandNamed(name)
  return command === undefined ? [] : await forCommand(command, rest, place)
}

async function forCommand(command: Command, words: readonly string[], place: Place): Promise<readonly Candidate[]> {
  const current = words.at(-1) ?? ''
  const flag = flagBefore(command, words)
  if (flag !== undefined) {
    const found = beginning(await valuesOf(kindOf(command, flag.name), words, place), flag.typed)
    return flag.prefix === '' ? found : found.map((one) => ({ ...one, value: `${flag.prefix}${one.value}` }))
  }
  if (current.startsWith('-')) return beginning(flagCandidates(command), current)
  const kind = operandKinds(command.usage)[countWords(command, words.slice(0, -1))]
  return kind === undefined ? [] : beginning(await valuesOf(kind, words, place), current)
}

interface TypedFlag {
  readonly name: string
  /** The part of the option's value that is typed. */
  readonly typed: string
  /** The part of the word before the value, such as `--client=`. */
  readonly prefix: string
}

/** The flag whose value is being typed. Bash hands over `--flag=value` as three words, other shells as one. */
function flagBefore(command: Command, words: readonly string[]): TypedFlag | undefined {
  const [current = '', last = '', beforeLast = ''] = [words.at(-1), words.at(-2), words.at(-3)]
  const [, joined, value = ''] = /^--([\w-]+)=(.*)$/s.exec(current) ?? []
  if (joined !== undefined) return textFlag(command, { name: joined, typed: value, prefix: `--${joined}=` })
  if (current === '=') return textFlag(command, { name: last.slice(2), typed: '', prefix: '' })
  const isParted = last === '=' && beforeLast.startsWith('--')
  const before = isParted ? beforeLast : last
  return before.startsWith('--') ? textFlag(command, { name: before.slice(2), typed: current, prefix: '' }) : undefined
}

function textFlag({ options }: Command, flag: TypedFlag): TypedFlag | undefined {
  return options[flag.name]?.type === 'string' ? flag : undefined
}

function kindOf({ values = {} }: Command, flag: string): ValueKind | undefined {
  return values[flag] ?? (flag in GATEWAY_OPTIONS ? GATEWAY_VALUES[flag] : undefined)
}

/** Kinds of the words beside flags, as the usage names them; the last one stands for all further ones where it has dots. */
function operandKinds(usage: string): (ValueKind | undefined)[] {
  const words = usage.replaceAll(/--[\w-]+(?: (?:\[HOST:\])?\w[\w|]*)?/g, '').match(/\w[^\s\]]*/g) ?? []
  return words.map((word) => (/^[a-z]+(?:\|[a-z]+)+$/.test(word) ? word.split('|') : word.replace(/\W.*$/, '')))
}

function countWords({ options }: Command, words: readonly string[]): number {
  const isValue = (at: number): boolean => {
    const before = words[at - 1] ?? ''
    return before.startsWith('--') && options[before.slice(2)]?.type === 'string'
  }
  return words.filter((word, at) => !word.startsWith('-') && !isValue(at)).length
}

async function valuesOf(
  kind: ValueKind | undefined,
  words: readonly string[],
  place: Place,
): Promise<readonly Candidate[]> {
  if (kind !== undefined && typeof kind !== 'string') return kind.map(plain)
  switch (kind) {
    case 'CLIENT': {
      const { CLIENTS } = await import('../config/clients/clients.ts')
      return CLIENTS.map(({ name, title }) => ({ value: name, description: title }))
    }
    case 'SERVER':
    case 'INTENT':
    case 'PATTERN': {
      const at = words.indexOf('--config')
      const flags = at === -1 ? {} : { config: words[at + 1] }
      const { serverNames, toolNames } = await import('./remembered-names.ts')
      const names = kind === 'SERVER' ? await serverNames({ ...place, flags }) : await toolNames({ ...place, flags })
      return names.map(plain)
    }
  }
  return []
}

function flagCandidates({ options, help }: Command): Candidate[] {
  const own = Object.keys(options).map((name) => ({
    value: `--${name}`,
    description: help[name] ?? GATEWAY_HELP[name] ?? '',
  }))
  return [...own, { value: '--help', description: 'what this command takes' }]
}

async function commandCandidates(current: string): Promise<Candidate[]> {
  if (current.startsWith('-')) return ['--help', '--version'].map(plain)
  const commands = await Promise.all(Object.values(COMMANDS).map(async (load) => await load()))
  const known = commands.map(({ name, summary }) => ({ value: name, description: summary }))
  return [...known, { value: 'help', description: 'what one command takes, with examples' }]
}

function beginning(candidates: readonly Candidate[], typed: string): readonly Candidate[] {
  return candidates.filter(({ value }) => value.startsWith(typed))
}

function plain(value: string): Candidate {
  return { value }
}
