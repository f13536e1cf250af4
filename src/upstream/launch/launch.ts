import { optionsOf, type Parsed, RUNNERS, type RunnerWords } from './runners.ts'

/** A command that fetches a server where it is not on this machine yet, and then starts it. */
export interface Launch {
  /** As people write it: `npx`, `uvx`, `docker run`. */
  readonly runner: string
  readonly kind: 'npm' | 'container' | 'other'
  /** Packages, or the image, as the command names them. */
  readonly packages: readonly string[]
  /** Options that have a value, by name without dashes. */
  readonly options: ReadonlyMap<string, string>
  /** The program of the runner as the command names it: `docker` in `docker run`. */
  readonly program: string
}

/** Shells: what they run is one text. */
const SHELLS = /^(?:sh|bash|dash|zsh|ksh|fish|cmd|powershell|pwsh)$/
/** Programs that run the command that follows their own words. */
const WRAPPERS =
  /^(?:env|sudo|doas|nice|ionice|nohup|time|timeout|setsid|stdbuf|xvfb-run|dbus-run-session|caffeinate|volta|mise|asdf|fnm|nvm|direnv|corepack|op|doppler|infisical|dotenv|dotenvx|aws-vault|envchain|chamber|proxychains4?)$/
const MAX_DEPTH = 4

/** What a command fetches first; undefined for a command that starts its server at once. */
export function readLaunch(command: string, args: readonly string[], depth = 0): Launch | undefined {
  if (depth > MAX_DEPTH) return undefined
  // People write a whole command line where the command stands alone.
  const [first = '', ...rest] = /\s/.test(command) && args.length === 0 ? splitWords(command) : [command]
  const words = [...rest, ...args]
  const program = programName(first)
  if (program === 'node' || program === 'bun') {
    const script = programName(words[0] ?? '')
    if (script === 'npx-cli' || script === 'npm-cli') return readLaunch(script.slice(0, 3), words.slice(1), depth + 1)
  }
  if (SHELLS.test(program)) return inShell(program, words, depth)
  if (WRAPPERS.test(program)) {
    const at = words.findIndex((word) => isRunner(programName(word)))
    return at < 0 ? undefined : readLaunch(words[at] ?? '', words.slice(at + 1), depth + 1)
  }
  return ofRunner(first, words)
}

/** `npx.cmd` and `C:\\Program Files\\nodejs\\npx` are `npx`. */
function programName(word: string): string {
  const name = word.split(/[\\/]/).at(-1) ?? ''
  return name.replace(/\.(?:cmd|exe|bat|ps1|js|cjs|mjs)$/i, '').toLowerCase()
}

function isRunner(program: string): boolean {
  return RUNNERS.some(({ programs }) => programs.includes(program))
}

function inShell(shell: string, words: readonly string[], depth: number): Launch | undefined {
  const isCommand = shell === 'cmd' ? /^\/[ck]$/i : /^-\w*c$|^-command$/i
  const at = words.findIndex((word) => isCommand.test(word))
  const [text = '', ...more] = at < 0 ? [] : words.slice(at + 1)
  const line = shell === 'cmd' || shell === 'powershell' || shell === 'pwsh' ? [text, ...more].join(' ') : text
  const commands = line.split(/&&|\|\||[;\n|]/).map(splitWords)
  for (const command of commands) {
    const [first, ...rest] = command.slice(command.findIndex((word) => !/^(?:\w+=.*|exec|command|&)$/s.test(word)))
    const launch = first === undefined ? undefined : readLaunch(first, rest, depth + 1)
    if (launch !== undefined) return launch
  }
  return undefined
}

function splitWords(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|'([^']*)'|([^\s"']+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  )
}

function ofRunner(first: string, words: readonly string[]): Launch | undefined {
  const program = programName(first)
  for (const runner of RUNNERS) {
    if (!runner.programs.includes(program)) continue
    const parsed = afterSubcommand(runner, words)
    const packages = parsed === undefined ? [] : packagesOf(runner, parsed)
    if (parsed === undefined || packages.length === 0) continue
    if (runner.isProject !== true && packages.some(isLocal)) continue
    const { kind, subcommand } = runner
    return {
      runner: [program, ...subcommand].join(' '),
      kind,
      packages,
      options: new Map(parsed.options.filter(([, value]) => value !== '')),
      program: first,
    }
  }
  return undefined
}

/** The options of all levels and the words after them; undefined where another subcommand stands there. */
function afterSubcommand(runner: RunnerWords, words: readonly string[]): Parsed | undefined {
  const outer = optionsOf(runner, words)
  const options = [...outer.options]
  let { rest } = outer
  for (const word of runner.subcommand) {
    if (rest[0] !== word) return undefined
    const inner = optionsOf(runner, rest.slice(1))
    options.push(...inner.options)
    rest = inner.rest
  }
  return { options, rest }
}

function packagesOf({ packageOptions, takesCommand }: RunnerWords, { options, rest }: Parsed): string[] {
  const named = options.filter(([name]) => packageOptions.includes(name)).map(([, value]) => value)
  if (named.length > 0) return named
  const [command] = rest
  return command === undefined || !takesCommand(command) ? [] : [command]
}

/** A folder or a file is there already. */
function isLocal(name: string): boolean {
  return /^(?:\.{0,2}[\\/]|\.{1,2}$|~|[A-Za-z]:[\\/]|file:)/.test(name)
}
