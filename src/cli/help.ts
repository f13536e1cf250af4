import type { Command } from './command.ts'

/** Help for all commands. */
export function generalHelp(commands: readonly Command[], version: string): string {
  const width = Math.max(...commands.map(({ name }) => name.length))
  return `mcp-optimizer ${version}: one MCP server in front of all your MCP servers

Usage: mcp-optimizer COMMAND [options]

${commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`).join('\n')}

mcp-optimizer COMMAND --help tells more, with examples.
Without a file mcp-optimizer.json, the servers of the MCP clients on this machine are used.

Exit codes: 0 done, 1 the operation failed, 2 wrong usage, 3 wrong configuration, 4 a defect.
`
}

/** Help for one command. */
export function commandHelp(command: Command): string {
  const width = Math.max(6, ...Object.keys(command.options).map((name) => name.length + 2))
  const options = Object.keys(command.options).map(
    (name) => `  ${`--${name}`.padEnd(width)}  ${command.help[name] ?? ''}`,
  )
  return `${command.summary}

Usage: mcp-optimizer ${command.name} ${command.usage}

Options:
${options.join('\n')}

Examples:
${command.examples.map((example) => `  ${example}`).join('\n')}
`
}
