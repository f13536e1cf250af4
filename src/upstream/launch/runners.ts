/** How a runner of packages is called, as far as it tells what will be fetched. */
export interface RunnerWords {
  readonly kind: 'npm' | 'container' | 'other'
  readonly programs: readonly string[]
  /** Words between the program and its package. */
  readonly subcommand: readonly string[]
  /** Options that name packages, without dashes. */
  readonly packageOptions: readonly string[]
  /** False for a command that is fetched from nowhere. */
  readonly takesCommand: (command: string) => boolean
  /** True for an option whose value is the next word. */
  readonly takesValue: (name: string, next: string) => boolean
  /** What is fetched are the packages of a folder, so a folder is not there already. */
  readonly isProject?: true
  /** Letters of options without a value that may stand together: `-it`. */
  readonly letters?: string
}

export interface Parsed {
  /** Names without dashes; an empty value where there is none. */
  readonly options: readonly (readonly [name: string, value: string])[]
  /** From the first word that is no option. */
  readonly rest: readonly string[]
}

/** Splits off the options at the beginning. */
export function optionsOf({ takesValue, letters }: RunnerWords, words: readonly string[]): Parsed {
  const options: [string, string][] = []
  let at = 0
  for (; at < words.length; at++) {
    const word = words[at] ?? ''
    if (word === '--') return { options, rest: words.slice(at + 1) }
    if (!word.startsWith('-')) break
    const [, name = '', inline] = /^-+([^=]*)(?:=(.*))?$/s.exec(word) ?? []
    if (inline !== undefined) options.push([name, inline])
    else if (letters !== undefined && !word.startsWith('--') && name.length > 1) {
      const own = [...name].findIndex((letter) => !letters.includes(letter))
      // `-eNAME=1` holds its value; `-ite` has it in the next word.
      if (own === name.length - 1) at++
    } else if (takesValue(name, words[at + 1] ?? '')) options.push([name, words[++at] ?? ''])
    else options.push([name, ''])
  }
  return { options, rest: words.slice(at) }
}

function words(text: string): Set<string> {
  return new Set(text.split(/\s+/))
}

const NPM_SWITCHES = words(
  `y yes n no q quiet s silent d dd ddd verbose v version h help f force g global offline prefer-offline prefer-online
   ignore-scripts foreground-scripts audit fund json color long dry-run legacy-peer-deps strict-peer-deps strict-ssl
   package-lock save workspaces include-workspace-root install-links progress unicode update-notifier bin-links
   engine-strict always-spawn ignore-existing shell-auto-fallback`,
)

/** As npx decides it: whatever is no switch takes the next word, unless that is an option. */
function npmTakesValue(name: string, next: string): boolean {
  if (name === 'p' || name === 'package' || name === 'c' || name === 'call') return true
  return !NPM_SWITCHES.has(name) && !name.startsWith('no-') && next !== '' && !next.startsWith('-')
}

const UV_VALUES = words(
  `from with with-editable with-requirements w index default-index i index-url extra-index-url f find-links p python
   cache-dir directory project config-file refresh-package P upgrade-package reinstall-package index-strategy
   keyring-provider resolution prerelease fork-strategy exclude-newer C config-setting link-mode env-file c constraints
   constraint overrides override b build-constraints python-platform color allow-insecure-host no-build-package
   no-binary-package torch-backend extra group only-group no-group no-extra package python-preference`,
)
const PNPM_VALUES = words('p package C dir registry reporter loglevel config filter F allow-build store-dir')
const BUN_VALUES = words('p package cwd config registry')
const PIPX_VALUES = words('spec python pip-args index-url i')
const DENO_VALUES = words('c config import-map lock seed cert location reload-from env-file ext')
const NET_VALUES = words('version source add-source configfile framework verbosity v')

const DOCKER_LETTERS = 'ditPq'
const DOCKER_SWITCHES = words(
  `d detach i interactive t tty rm init privileged P publish-all read-only sig-proxy no-healthcheck oom-kill-disable
   disable-content-trust q quiet help use-api-socket debug D tls tlsverify replace tls-verify systemd`,
)

const always = (): boolean => true
const never = (): boolean => false
const among =
  (values: ReadonlySet<string>) =>
  (name: string): boolean =>
    values.has(name)

const npm = { kind: 'npm', packageOptions: ['package', 'p'], takesCommand: always, takesValue: npmTakesValue } as const
const pnpm = {
  kind: 'other',
  packageOptions: ['package', 'p'],
  takesCommand: always,
  takesValue: among(PNPM_VALUES),
} as const
const bun = { ...pnpm, takesValue: among(BUN_VALUES) } as const
const uv = { kind: 'other', packageOptions: ['from'], takesCommand: always, takesValue: among(UV_VALUES) } as const
const net = { kind: 'other', packageOptions: [], takesCommand: always, takesValue: among(NET_VALUES) } as const
const container = {
  kind: 'container',
  programs: ['docker', 'podman', 'nerdctl', 'finch'],
  packageOptions: [],
  takesCommand: always,
  takesValue: (name: string): boolean => !DOCKER_SWITCHES.has(name),
  letters: DOCKER_LETTERS,
} as const

export const RUNNERS: readonly RunnerWords[] = [
  { ...npm, programs: ['npx'], subcommand: [] },
  { ...npm, programs: ['npm'], subcommand: ['exec'] },
  { ...npm, programs: ['npm'], subcommand: ['x'] },
  { ...pnpm, programs: ['pnpx', 'pnx'], subcommand: [] },
  { ...pnpm, programs: ['pnpm', 'yarn'], subcommand: ['dlx'] },
  { ...bun, programs: ['bunx'], subcommand: [] },
  { ...bun, programs: ['bun'], subcommand: ['x'] },
  { ...uv, programs: ['uvx'], subcommand: [] },
  { ...uv, programs: ['uv'], subcommand: ['tool', 'run'] },
  // What is fetched first are the packages of a project, or of a script.
  { ...uv, programs: ['uv'], subcommand: ['run'], packageOptions: ['directory', 'project'], isProject: true },
  {
    kind: 'other',
    programs: ['pipx'],
    subcommand: ['run'],
    packageOptions: ['spec'],
    takesCommand: always,
    takesValue: among(PIPX_VALUES),
  },
  {
    kind: 'other',
    programs: ['deno'],
    subcommand: ['run'],
    packageOptions: [],
    takesCommand: (command) => /^(?:npm|jsr|https?):/.test(command),
    takesValue: among(DENO_VALUES),
  },
  {
    kind: 'other',
    programs: ['go'],
    subcommand: ['run'],
    packageOptions: [],
    takesCommand: (command) => command.includes('@'),
    takesValue: never,
  },
  { ...net, programs: ['dnx'], subcommand: [] },
  { ...net, programs: ['dotnet'], subcommand: ['tool', 'exec'] },
  { ...container, subcommand: ['run'] },
  { ...container, subcommand: ['container', 'run'] },
]
