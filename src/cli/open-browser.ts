import { spawn } from 'node:child_process'

/** Opens an address in the browser of this user, where there is one: who sees none has the address on the terminal. */
export function openBrowser(address: URL, env: Readonly<Record<string, string | undefined>>): void {
  const [command, ...args] = browserCommand(env)
  try {
    const child = spawn(command, [...args, address.href], { stdio: 'ignore', detached: true, windowsHide: true })
    child.on('error', () => undefined)
    child.unref()
  } catch {
    // The address was printed.
  }
}

function browserCommand({ BROWSER: own = '' }: Readonly<Record<string, string | undefined>>): [string, ...string[]] {
  if (own !== '' && !/\s|%/.test(own)) return [own]
  if (process.platform === 'darwin') return ['open']
  // `start` is a word of the shell, which would read `&` in the address.
  if (process.platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler']
  return ['xdg-open']
}
