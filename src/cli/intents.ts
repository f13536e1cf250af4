import { signature, summary } from '../catalog/signature.ts'
import { type CommandContext, EXIT } from './command.ts'
import { openGateway } from './gateway.ts'

/** Runs the command `intents`. */
export async function runIntents(context: CommandContext): Promise<number> {
  const { optimizer } = await openGateway(context)
  try {
    await optimizer.ready()
    const catalog = optimizer.catalog()
    const rows = [
      ...optimizer.intents().map((intent) => ({
        name: intent.name,
        signature: signature({ kind: 'intent', intent }),
        description: intent.description,
        origin: intent.origin,
      })),
      ...(context.values['tools'] === true
        ? [...catalog.tools.values()].map((tool) => ({
            name: tool.id,
            signature: signature({ kind: 'tool', tool }),
            description: tool.description,
            origin: tool.server,
          }))
        : []),
    ]
    if (context.values['json'] === true) context.stdout.write(`${JSON.stringify(rows)}\n`)
    else for (const row of rows) context.stdout.write(`${row.signature}  ${summary(row.description)}\n`)
    for (const { where, what } of optimizer.problems()) context.stderr.write(`mcp-optimizer: ${where}: ${what}\n`)
    return EXIT.ok
  } finally {
    await optimizer[Symbol.asyncDispose]()
  }
}
