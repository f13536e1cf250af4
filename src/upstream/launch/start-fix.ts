import type { Launch } from './launch.ts'
import { packageNames } from './first-starts.ts'

/** What a failed start was seen to say, and by whom. */
export interface FailedStart {
  readonly said: string
  readonly launch: Launch
  readonly npxEntry: string | undefined
  readonly isWindows: boolean
}

/** What to do about a start that failed while something was fetched, or because what was fetched is not whole. */
export function startFix(failed: FailedStart): string | undefined {
  return brokenEntry(failed) ?? ofNpm(failed) ?? ofOthers(failed)
}

/** What Node.js, npm and shells say where an install was ended half-way. */
const BROKEN =
  /MODULE_NOT_FOUND|Cannot find (?:module|package)|ENOTEMPTY|EEXIST|ERR_INVALID_PACKAGE_(?:CONFIG|TARGET)|Unexpected end of JSON input/i
const NO_PROGRAM =
  /could not determine executable to run|: (?:\d+: )?[\w.@-]+: (?:command )?not found|is not recognized as an internal or external command/i

/** npx finds the folder of such an install, and mostly looks no further: it stays so until somebody removes it. */
function brokenEntry({ said, npxEntry, launch, isWindows }: FailedStart): string | undefined {
  if (launch.kind !== 'npm' || npxEntry === undefined) return undefined
  const hasProgram = !NO_PROGRAM.test(said)
  const isInEntry = BROKEN.test(said) && said.replaceAll('\\\\', '\\').includes(npxEntry)
  if (hasProgram && !isInEntry) return undefined
  const name = /\s/.test(npxEntry) ? `"${npxEntry}"` : npxEntry
  const removal = isWindows ? `rmdir /s /q ${name}` : `rm -rf ${name}`
  const otherwise = hasProgram
    ? `${packageNames(launch)} itself is broken: pin another version`
    : 'the package has no command of its own name: name the package with --package, and then its command'
  return `its install by ${launch.runner} is not whole: ${removal}, then start it again; if it fails again, ${otherwise}`
}

const NPM: readonly (readonly [code: RegExp, fix: (what: string) => string])[] = [
  [
    /^E404$/,
    (what) => `there is no ${what} in the registry: check its name, or log in with npm login if it is private`,
  ],
  [/^ETARGET$/, (what) => `there is no such version of ${what}: correct or remove the part after @`],
  [/^(?:E401|E403|ENEEDAUTH)$/, (what) => `the registry refused to give ${what}: log in with npm login`],
  [
    /^(?:EACCES|EPERM|EROFS)$/,
    () => 'npm may not write into its own cache: make the user its owner (chown -R on the named folder)',
  ],
  [
    /^(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|EHOSTUNREACH|FETCH_ERROR)$/,
    () => 'npm cannot reach its registry: check the network, HTTPS_PROXY and npm config get registry',
  ],
  [
    /CERT|SELF_SIGNED|UNABLE_TO/,
    () => 'npm does not trust the certificate of its registry: set NODE_EXTRA_CA_CERTS to that of your company',
  ],
  [/^ENOSPC$/, () => 'the disk is full: make room, then start it again'],
  [
    /^(?:EINTEGRITY|EEXIST|ENOTEMPTY|ENOTCACHED)$/,
    () => 'the cache of npm is damaged: npm cache verify, then start it again',
  ],
  [/^EBADENGINE$/, (what) => `${what} wants another version of Node.js: see the message`],
]

function ofNpm({ said, launch }: FailedStart): string | undefined {
  if (launch.kind !== 'npm') return undefined
  const [, code] = /npm (?:error|ERR!) code (\S+)/i.exec(said) ?? []
  if (code === undefined) return undefined
  return NPM.find(([pattern]) => pattern.test(code))?.[1](packageNames(launch))
}

const OTHERS: readonly (readonly [words: RegExp, fix: (launch: Launch) => string])[] = [
  [
    /Cannot connect to the Docker daemon|docker daemon is not running|dockerDesktopLinuxEngine/i,
    ({ program }) => `start ${program}, then start it again`,
  ],
  [
    /pull access denied|manifest (?:for \S+ )?(?:not found|unknown)|repository does not exist/i,
    (launch) => `there is no image ${packageNames(launch)}: check its name, or log in with ${launch.program} login`,
  ],
  [
    /not found in the package registry|No solution found when resolving|No matching distribution/i,
    (launch) => `there is no such version of ${packageNames(launch)} for this Python: check its name and version`,
  ],
  [
    /error sending request|dns error|Failed to fetch|dial tcp|no such host|getaddrinfo/i,
    ({ runner }) => `${runner} cannot reach its registry: check the network and HTTPS_PROXY`,
  ],
]

function ofOthers({ said, launch }: FailedStart): string | undefined {
  if (launch.kind === 'npm') return undefined
  return OTHERS.find(([words]) => words.test(said))?.[1](launch)
}
