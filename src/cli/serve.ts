import type { Engine } from '../engine/engine.ts'
import { counted } from '../internal/plural.ts'
import { withResolvers } from '../internal/with-resolvers.ts'
import { plainSurface } from '../surface/plain-surface.ts'
import { serveStdio } from '../surface/stdio.ts'
import type { Surface } from '../surface/surface.ts'
import { refuseDepth } from '../upstream/depth.ts'
import { type CommandContext, EXIT } from './command.ts'
import { loadFor, type NarrowedConfig } from './gateway.ts'

/** A client asks for the list of tools within some milliseconds, and calls one when its model has thought. */
const AFTER_FIRST_LINE_MS = 100
/** A client that says nothing for so long finds everything ready. */
const AFTER_START_MS = 1_000

/** Runs the command `serve`. */
export async function runServe(context: CommandContext): Promise<number> {
  refuseDepth(context.env)
  if (typeof context.values['http'] === 'string') return await (await import('./serve-http.ts')).runServeHttp(context)
  const loaded = await loadFor(context)
  if ('isTTY' in context.stdin && context.stdin.isTTY === true) tellPerson(context, loaded)
  const surface = plainSurface(loaded.config)
  return surface === undefined ? await serveOpened(context, loaded) : await serveAtOnce(context, loaded, surface)
}

/** Whoever starts it by hand would otherwise see nothing at all. */
function tellPerson({ stderr }: CommandContext, { config }: NarrowedConfig): void {
  const servers = counted(Object.keys(config.servers).length, 'server')
  stderr.write(`mcp-optimizer serves ${servers} over stdio and waits for the messages of an MCP client here; Ctrl-C ends it.
A client starts it by itself, once mcp-optimizer setup has told it so. For several clients at once: mcp-optimizer serve --http 7331
`)
}

/** Answers only when everything is loaded: the tools of servers are among those that are listed. */
async function serveOpened(context: CommandContext, loaded: NarrowedConfig): Promise<number> {
  const { withSurface } = await import('./with-surface.ts')
  const work = async ({ optimizer }: { readonly optimizer: Engine }, surface: Surface): Promise<void> =>
    await serveStdio(optimizer, surface, streamsOf(context))
  return await withSurface(context, 'warn', work, loaded)
}

/** Answers what follows from the configuration at once, and loads the engine as soon as nobody waits for that. */
async function serveAtOnce(context: CommandContext, loaded: NarrowedConfig, surface: Surface): Promise<number> {
  let running: Promise<number> | undefined
  const { promise: failed, reject: fail } = withResolvers<never>()
  const open = (): Promise<Engine> => {
    opening ??= new Promise((resolve) => {
      running = withEngine(context, loaded, resolve, async () => await served)
      running.catch(fail)
    })
    return opening
  }
  let opening: Promise<Engine> | undefined
  const served = serveStdio(open, surface, streamsOf(context))
  const timers = [setTimeout(() => void open(), AFTER_START_MS)]
  context.stdin.once('data', () => timers.push(setTimeout(() => void open(), AFTER_FIRST_LINE_MS)))
  try {
    await Promise.race([served, failed])
  } finally {
    for (const timer of timers) clearTimeout(timer)
  }
  return running === undefined ? EXIT.ok : await running
}

async function withEngine(
  context: CommandContext,
  loaded: NarrowedConfig,
  opened: (engine: Engine) => void,
  served: () => Promise<void>,
): Promise<number> {
  const { withSurface } = await import('./with-surface.ts')
  const work = async ({ optimizer }: { readonly optimizer: Engine }): Promise<void> => {
    opened(optimizer)
    await served()
  }
  return await withSurface(context, 'warn', work, loaded)
}

function streamsOf({ stdin: input, stdout: output, signal }: CommandContext): Parameters<typeof serveStdio>[2] {
  return { input, output, signal }
}
