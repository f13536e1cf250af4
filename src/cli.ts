#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { type Command, EXIT, UsageError } from './cli/command.ts'
import { commandHelp, generalHelp } from './cli/help.ts'
import { errorText } from './cli/output.ts'
import { OptimizerError } from './errors.ts'
import { nearestNames } from './internal/nearest.ts'
import { VERSION } from './optimizer.ts'

/** Each command's code is loaded when it is called: starting to serve must not wait for tables and tokenizers. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./cli/serve.ts')).serve,
  call: async () => (await import('./cli/call.ts')).call,
  run: async () => (await import('./cli/run-code.ts')).runCode,
  search: async () => (await import('./cli/search.ts')).search,
  intents: async () => (await import('./cli/intents.ts')).intents,
  audit: async () => (await import('./cli/audit.ts')).audit,
  report: async () => (await import('./cli/report.ts')).report,
  dashboard: async () => (await import('./cli/dashboard.ts')).dashboard,
  status: async () => (await import('./cli/status.ts')).status,
  receipt: async () => (await import('./cli/receipt.ts')).receipt,
  'audit-log': async () => (await import('./cli/audit-log.ts')).auditLog,
  doctor: async () => (await import('./cli/doctor.ts')).doctor,
  'sandbox-image': async () => (await import('./cli/sandbox-image.ts')).sandboxImage,
  import: async () => (await import('./cli/import.ts')).importCommand,
}

async function main(argv: readonly string[], signal: AbortSignal): Promise<number> {
  const [name = '--help', ...rest] = argv
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${VERSION}\n`)
    return EXIT.ok
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    const asked = await commandNamed(rest[0] ?? '')
    const all = asked === undefined ? await Promise.all(Object.values(COMMANDS).map(async (load) => await load())) : []
    process.stdout.write(asked === undefined ? generalHelp(all, VERSION) : commandHelp(asked))
    return EXIT.ok
  }
  const command = await commandNamed(name)
  if (command === undefined) {
    const [nearest] = nearestNames(name, Object.keys(COMMANDS), 1)
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

async function commandNamed(name: string): Promise<Command | undefined> {
  return Object.hasOwn(COMMANDS, name) ? await COMMANDS[name]?.() : undefined
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
