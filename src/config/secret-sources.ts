import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'

/** Reads a secret that stands elsewhere; undefined: there is none. */
export type ReadSecret = (source: 'command' | 'keychain', name: string) => string | undefined

/** A command that asks a person waits so long. */
const COMMAND_MS = 60_000
const SERVICE = 'mcp-optimizer'

/** `${command:…}` and `${keychain:NAME}` of our own file; a source is read once a process. */
export function createSecretSources(env: Readonly<Record<string, string | undefined>>, cwd: string): ReadSecret {
  const known = new Map<string, string | undefined>()
  return (source, name) => {
    const key = `${source} ${name}`
    if (!known.has(key)) known.set(key, source === 'command' ? printedBy(name, env, cwd) : fromKeychain(name))
    return known.get(key)
  }
}

/** Output of a command without the line break at its end; its stderr goes to the terminal. */
function printedBy(
  command: string,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): string | undefined {
  const { status, stdout } = spawnSync(command, {
    shell: true,
    env: { ...env },
    cwd,
    timeout: COMMAND_MS,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    windowsHide: true,
  })
  const text = status === 0 ? stdout.replace(/\r?\n$/, '') : ''
  return text === '' ? undefined : text
}

/** A password of the service `mcp-optimizer`, where the optional package and a keychain are there. */
function fromKeychain(account: string): string | undefined {
  try {
    const { Entry } = createRequire(import.meta.url)('@napi-rs/keyring') as {
      readonly Entry: new (service: string, account: string) => { getPassword(): string | null }
    }
    return new Entry(SERVICE, account).getPassword() ?? undefined
  } catch {
    return undefined
  }
}
