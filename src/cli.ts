#!/usr/bin/env node
// A reader that has enough (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
})
const argv = process.argv.slice(2)
const code = await(isVersion(argv) ? printVersion() : runCommand(argv))
process.exitCode = code
// A stream that still holds the process (an open stdin) must not keep it: all work is done and disposed of.
if (process.stdout.writableLength === 0) process.exit(code)
process.stdout.once('drain', () => process.exit(code))

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
  const ending = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.abort())
  const { main } = await import('./cli/main.ts')
  return await main(args, ending.signal)
}
