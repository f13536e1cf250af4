#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { audit } from './cli/audit.ts'
import { call } from './cli/call.ts'
import { type Command, EXIT, UsageError } from './cli/command.ts'
import { doctor } from './cli/doctor.ts'
import { commandHelp, generalHelp } from './cli/help.ts'
import { importCommand } from './cli/import.ts'
import { intents } from './cli/intents.ts'
import { errorText } from './cli/output.ts'
import { runCode } from './cli/run-code.ts'
import { search } from './cli/search.ts'
import { serve } from './cli/serve.ts'
import { OptimizerError } from './errors.ts'
import { nearestNames } from './internal/nearest.ts'
import { VERSION } from './optimizer.ts'

const COMMANDS: readonly Command[] = [serve, call, runCode, search, intents, audit, doctor, importCommand]

async function main(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const [name = '--help', ...rest] = argv
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${VERSION}\n`)
    return EXIT.ok
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    const asked = COMMANDS.find((command) => command.name === rest[0])
    process.stdout.write(asked === undefined ? generalHelp(COMMANDS, VERSION) : commandHelp(asked))
    return EXIT.ok
  }
  const command = COMMANDS.find((known) => known.name === name)
  if (command === undefined) {
    const [nearest] = nearestNames(
      name,
      COMMANDS.map((known) => known.name),
      1,
    )
    throw new UsageError(`unknown command "${name}"${nearest === undefined ? '' : `; did you mean "${nearest}"?`}`)
  }
  const { values, positionals } = parse(command, rest)
  if (values['help'] === true) {
    process.stdout.write(commandHelp(command))
    return EXIT.ok
  }
  const { env, stdin, stdout, stderr } = process
  return await command.run({ positionals, values, env, cwd: process.cwd(), stdin, stdout, stderr, signal })
}

function parse(
  command: Command,
  args: readonly string[],
): { values: Record<string, string | boolean | undefined>; positionals: string[] } {
  try {
    const options = { ...command.options, help: { type: 'boolean', short: 'h' } } as const
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
    return { values: values, positionals }
  } catch (thrown) {
    const message = thrown instanceof Error ? (thrown.message.split('. ')[0] ?? thrown.message) : String(thrown)
    const wrong = /'(--[\w-]+)'/.exec(message)?.[1]
    const [nearest] =
      wrong === undefined
        ? []
        : nearestNames(
            wrong,
            Object.keys(command.options).map((name) => `--${name}`),
            1,
          )
    throw new UsageError(
      `${message}${nearest === undefined || nearest === wrong ? '' : `; did you mean "${nearest}"?`}; see mcp-optimizer ${command.name} --help`,
    )
  }
}

function report(thrown: unknown): number {
  if (thrown instanceof UsageError) {
    process.stderr.write(`mcp-optimizer: ${thrown.message}\n`)
    return EXIT.usage
  }
  if (OptimizerError.is(thrown)) {
    process.stderr.write(errorText(thrown.toJSON()))
    return thrown.code === 'CONFIG_INVALID' ? EXIT.config : EXIT.failed
  }
  process.stderr.write(
    `mcp-optimizer: a defect: ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}\n`,
  )
  return EXIT.internal
}

const ending = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.abort())
// A reader that has enough (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.ok)
})
const code = await main(process.argv.slice(2), ending.signal).catch(report)
process.exitCode = code
// A stream that still holds the process (an open stdin) must not keep it: all work is done and disposed of.
if (process.stdout.writableLength === 0) process.exit(code)
process.stdout.once('drain', () => process.exit(code))
