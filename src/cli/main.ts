import { OptimizerError } from '../errors.ts'
import { createScrub } from '../internal/scrub.ts'
import { type Command, EXIT, UsageError } from './command.ts'
import { COMMANDS, commandNamed } from './commands.ts'
import { parseCommandLine } from './command-line.ts'
import { commandHelp, generalHelp, type HelpLook, topicHelp } from './help.ts'
import { errorText } from './output.ts'
import { textWidth } from './look.ts'
import { createPalette } from './palette.ts'

/** Runs one command line; the exit code. What is thrown is reported on stderr. */
export async function main(argv: readonly string[], signal: AbortSignal): Promise<number> {
  try {
    return await dispatch(argv, signal)
  } catch (thrown) {
    return report(thrown)
  }
}

async function dispatch([name = 'help', ...rest]: readonly string[], signal: AbortSignal): Promise<number> {
  if (['help', '--help', '-h'].includes(name)) return await help(rest)
  if (name === 'complete' && rest.includes('--')) {
    const { runComplete } = await import('./complete.ts')
    return await runComplete(rest, { cwd: process.cwd(), env: process.env, stdout: process.stdout })
  }
  const command = await commandNamed(name)
  if (command === undefined) throw new UsageError(await unknownCommand(name, rest))
  const { values, positionals } = await parseCommandLine(command, rest)
  if (values['help'] === true) return print(commandHelp(command, stdoutLook()))
  const { env, stdin, stdout, stderr } = process
  return await command.run({ positionals, values, env, cwd: process.cwd(), stdin, stdout, stderr, signal })
}

async function help(words: readonly string[]): Promise<number> {
  const [name, extra] = words.filter((word) => !word.startsWith('-'))
  if (extra !== undefined) throw new UsageError(`help of one thing at a time: found "${extra}" too`)
  const palette = stdoutLook()
  if (name === undefined || name === 'help' || name === 'version')
    return print(generalHelp(await allCommands(), palette))
  const command = await commandNamed(name)
  const text = command === undefined ? topicHelp(name, palette) : commandHelp(command, palette)
  if (text === undefined) throw new UsageError(await unknownCommand(name, []))
  return print(text)
}

async function unknownCommand(name: string, rest: readonly string[]): Promise<string> {
  const { hintFor } = await import('./hints.ts')
  return hintFor(name, rest, Object.keys(COMMANDS))
}

async function allCommands(): Promise<Command[]> {
  return await Promise.all(Object.values(COMMANDS).map(async (load) => await load()))
}

function stdoutLook(): HelpLook {
  const { stdout, env } = process
  return { ...createPalette(stdout, env), width: textWidth({ stdout, env }) }
}

function print(text: string): number {
  process.stdout.write(text)
  return EXIT.ok
}

function report(thrown: unknown): number {
  const palette = createPalette(process.stderr, process.env)
  // People paste these lines into reports.
  const scrub = createScrub([])
  const say = (text: string): void => void process.stderr.write(`${palette.wrong('mcp-optimizer:')} ${scrub(text)}\n`)
  if (thrown instanceof UsageError) {
    say(thrown.message)
    return EXIT.usage
  }
  if (OptimizerError.is(thrown)) {
    process.stderr.write(scrub(errorText(thrown.toJSON(), palette)))
    return thrown.code === 'CONFIG_INVALID' ? EXIT.config : EXIT.failed
  }
  const text = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
  say(`a defect: ${text}`)
  return EXIT.internal
}
