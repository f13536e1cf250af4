#!/usr/bin/env node
/** Milliseconds for what is still to be read, once the end was asked for. */
const UNREAD_MS = 300
// A reader that has enough (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
})
const argv = process.argv.slice(2)
const ending = new AbortController()
const code = await(isVersion(argv) ? printVersion() : runCommand(argv))
process.exitCode = code
// A stream that still holds the process (an open stdin) must not keep it: all work is done and disposed of.
const leave = (): void => process.exit(code)
process.stdout.write('', leave)
// A reader that asked for the end may read no more.
const leaveUnread = (): void => void setTimeout(leave, UNREAD_MS)
if (ending.signal.aborted) leaveUnread()
else ending.signal.addEventListener('abort', leaveUnread)

function isVersion([name = '', ...rest]: readonly string[]): boolean {
  return rest.length === 0 && ['--version', '-V', '-v', 'version'].includes(name)
}

/** Loads nothing else: scripts ask for the version all the time. */
async function printVersion(): Promise<number> {
  const { VERSION } = await import('./internal/version.ts')
  process.stdout.write(`${VERSION}\n`)
  return 0
}

async function runCommand(args: readonly string[]): Promise<number> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.abort())
  const { main } = await import('./cli/main.ts')
  return await main(args, ending.signal)
}
