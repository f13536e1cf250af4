import { VERSION } from '../internal/version.ts'
import type { Command, ValueKind } from './command.ts'
import { GATEWAY_HELP, GATEWAY_OPTIONS, GATEWAY_VALUES } from './gateway-options.ts'
import type { Palette } from './palette.ts'
import { hang, wrap } from './wrap.ts'

/** Colours, and the columns that there are. */
export type HelpLook = Palette & { readonly width: number }

/** Help for all commands. */
export function generalHelp(commands: readonly Command[], look: HelpLook): string {
  const rows = commands.map((command): Row => [command.name, command.summary])
  return `mcp-optimizer ${VERSION}: one MCP server in front of all your MCP servers

${look.heading('Usage:')} mcp-optimizer COMMAND [options]

${look.heading('Commands:')}
${rowsText(rows, look)}

${look.heading('More:')}
${rowsText(
  [
    ['help COMMAND', 'what one command takes, with examples'],
    ...Object.entries(TOPICS).map(([topic, { summary }]): Row => [`help ${topic}`, summary]),
    ['--version', 'the version, also as -V'],
  ],
  look,
)}

Without a file mcp-optimizer.json, the servers of the MCP clients on this machine are used.
`
}

/** Help for one command: its own flags; those that all commands share are named in one line. */
export function commandHelp(command: Command, look: HelpLook): string {
  const own = Object.keys(command.options).filter((option) => !(option in GATEWAY_OPTIONS))
  const shares = Object.keys(command.options).some((option) => option in GATEWAY_OPTIONS)
  const rows = [
    ...own.map((option): Row => flagRow(option, command.help, command.options, command.values)),
    ['-h, --help', 'this text'] as const,
  ]
  const shared = shares
    ? `\n${wrap('and the flags of every command (--config FILE ...): mcp-optimizer help flags', look.width).join('\n')}\n`
    : ''
  const text = (line: string): string => wrap(line, look.width).join('\n')
  return `${text(command.summary)}

${look.heading('Usage:')} mcp-optimizer ${command.name}${command.usage === '' ? '' : ` ${command.usage}`}

${look.heading('Options:')}
${rowsText(rows, look)}
${shared}
${look.heading('Examples:')}
${command.examples.map((example) => `  ${example}`).join('\n')}

Exit codes: mcp-optimizer help exit-codes
`
}

/** Help that belongs to no single command; undefined when there is no such topic. */
export function topicHelp(topic: string, look: HelpLook): string | undefined {
  return Object.hasOwn(TOPICS, topic) ? TOPICS[topic]?.text(look) : undefined
}

/** Names of the topics, for completion. */
export function topicNames(): string[] {
  return Object.keys(TOPICS)
}

type Row = readonly [term: string, text: string]

interface Topic {
  readonly summary: string
  readonly text: (look: HelpLook) => string
}

const TOPICS: Readonly<Record<string, Topic>> = {
  flags: { summary: 'the flags of every command that reads the configuration', text: flagsText },
  modes: { summary: 'how agents get at tools (--execution-mode)', text: modesText },
  environment: { summary: 'variables that are read', text: environmentText },
  'exit-codes': { summary: 'what the exit code says', text: exitCodesText },
}

function flagsText(look: HelpLook): string {
  const rows = Object.keys(GATEWAY_OPTIONS).map((option) =>
    flagRow(option, GATEWAY_HELP, GATEWAY_OPTIONS, GATEWAY_VALUES),
  )
  return `${look.heading('Flags of every command that reads the configuration:')}
${rowsText(rows, look)}

A flag goes before the environment, the environment before the file.
`
}

function modesText(look: HelpLook): string {
  return `${look.heading('What an agent sees, by --execution-mode:')}
${rowsText(
  [
    ['code_execution', 'search, execute_intent, execute_batch, execute_code (default)'],
    ['lazy_loading', 'list_tools (names), describe_tools (definitions), call_tool'],
    ['server_side', 'find_tools (the gateway picks the few definitions for a need), call_tool'],
    ['traditional', 'every tool of every server as server__tool, results whole'],
    ['auto', 'traditional while all definitions cost less than our surface, else code_execution'],
  ],
  look,
)}
`
}

function environmentText(look: HelpLook): string {
  const feature = (option: string): string => `MCP_OPTIMIZER_${option.replaceAll('-', '_').toUpperCase()}`
  const rows = Object.keys(GATEWAY_OPTIONS).map((option): Row => [feature(option), `as --${option}`])
  return `${look.heading('Environment variables:')}
${rowsText(
  [
    ...rows,
    ['MCP_OPTIMIZER_HTTP_TOKEN', 'as --token'],
    ['MCP_OPTIMIZER_COMPACT', 'true: as --compact'],
    ['MCP_OPTIMIZER_DASHBOARD', 'true: as --dashboard'],
    ['NO_COLOR', 'not empty: no colours'],
    ['FORCE_COLOR', 'not empty: colours also where the output is no terminal; 0: none'],
    ['COLUMNS', 'width of tables where the output is no terminal (80 without it)'],
  ],
  look,
)}
`
}

function exitCodesText(look: HelpLook): string {
  return `${look.heading('Exit codes:')}
${rowsText(
  [
    ['0', 'done'],
    ['1', 'the operation failed, or doctor found something'],
    ['2', 'wrong usage'],
    ['3', 'wrong configuration'],
    ['4', 'a defect of mcp-optimizer'],
  ],
  look,
)}
`
}

function flagRow(
  option: string,
  help: Command['help'],
  options: Command['options'],
  kinds: Command['values'] = {},
): Row {
  const text = help[option] ?? ''
  if (options[option]?.type !== 'string') return [`--${option}`, text]
  const { [option]: kind = 'TEXT' } = kinds
  const shown = kindText(kind)
  // Lists that are too long for the column of flags stand in the description.
  const choices = typeof kind !== 'string' && shown === 'NAME' ? `: ${kind.join(', ')}` : ''
  return [`--${option} ${shown}`, `${text}${choices}`]
}

function kindText(kind: ValueKind): string {
  if (typeof kind === 'string') return kind
  const choices = kind.join('|')
  return choices.length <= 40 ? choices : 'NAME'
}

function rowsText(rows: readonly Row[], { name, width }: HelpLook): string {
  const widest = Math.max(...rows.map(([term]) => term.length))
  const label = widest + 4
  // Text stands below its term where little room is left beside it.
  return rows
    .map(([term, text]) => {
      const beside = `  ${name(term)}${' '.repeat(widest - term.length)}  `
      if (width - label >= 24) return beside + hang(' '.repeat(label), text, width)
      return `  ${name(term)}\n${' '.repeat(6)}${hang(' '.repeat(6), text, width)}`
    })
    .join('\n')
}
