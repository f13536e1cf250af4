import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { declarations } from '../catalog/declarations.ts'
import { writeAtomically } from '../internal/atomic-file.ts'
import { matchesGlob } from '../internal/glob.ts'
import { counted } from '../internal/plural.ts'
import type { Optimizer } from '../optimizer.ts'
import { type CommandContext, EXIT } from './command.ts'
import { openGateway } from './gateway.ts'
import { saysNoServers } from './no-servers.ts'

const FILE = 'mcp-optimizer.d.ts'
const HEAD = '// Written by "mcp-optimizer types"; write it anew when servers or their tools change.\n\n'
/** What an intent's file may use by name, and what `mcp-optimizer/intents` knows of this configuration. */
const TAIL = `
type Tools = typeof tools

interface Context {
  readonly intents: typeof intents
  readonly results: typeof results
  readonly state: typeof state
}

interface McpOptimizerTypes {
  readonly tools: typeof tools
  readonly intents: typeof intents
}
`

/** Programs see the language and the globals above, nothing of Node.js or a browser. */
const TSCONFIG = {
  compilerOptions: {
    strict: true,
    noEmit: true,
    target: 'es2023',
    module: 'esnext',
    moduleResolution: 'bundler',
    moduleDetection: 'force',
    lib: ['es2023'],
    types: [],
  },
  include: ['.'],
}

/** Runs the command `types`. */
export async function runTypes(context: CommandContext): Promise<number> {
  const { out, only } = context.values
  const { optimizer, loaded } = await openGateway(context)
  try {
    await optimizer.ready()
    saysNoServers(context, loaded)
    await optimizer.outputTypes()
    for (const line of unlisted(optimizer)) context.stderr.write(`mcp-optimizer: ${line}\n`)
    const text = typesOf(optimizer, Array.isArray(only) ? only.map(String) : undefined)
    if (typeof out !== 'string') context.stdout.write(text)
    else context.stdout.write(await writeInto(resolve(context.cwd, out), text, optimizer))
    return EXIT.ok
  } finally {
    await optimizer[Symbol.asyncDispose]()
  }
}

/** The whole file of declarations. */
function typesOf(optimizer: Optimizer, patterns: readonly string[] | undefined): string {
  const catalog = optimizer.catalog()
  const names = [...catalog.tools.keys(), ...catalog.intents.keys()]
  const only = patterns && names.filter((name) => patterns.some((pattern) => matchesGlob(pattern, name)))
  const { outputOf } = optimizer
  const body = declarations(catalog, {
    untyped: 'any',
    ...(only !== undefined && { only }),
    ...(outputOf !== undefined && { outputOf }),
  })
  return HEAD + body + TAIL
}

/** Servers whose tools are missing in the file. */
function unlisted(optimizer: Optimizer): string[] {
  return [...optimizer.catalog().servers.values()].flatMap(({ name, toolCount, failure }) =>
    toolCount === 0 && failure !== undefined ? [`${name} has no types: ${failure.message}`] : [],
  )
}

async function writeInto(folder: string, text: string, optimizer: Optimizer): Promise<string> {
  const { tools, intents } = optimizer.catalog()
  await mkdir(folder, { recursive: true })
  await writeAtomically(join(folder, FILE), text)
  // One that is there already stays as it is.
  await writeFile(join(folder, 'tsconfig.json'), `${JSON.stringify(TSCONFIG, undefined, 2)}\n`, { flag: 'wx' }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    },
  )
  return `wrote ${join(folder, FILE)}: ${counted(tools.size, 'tool')}, ${counted(intents.size, 'intent')}\n`
}
