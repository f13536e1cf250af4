import { type CommandContext, UsageError } from './command.ts'
import { openGateway } from './gateway.ts'
import { printAnswer } from './output.ts'

/** Runs the command `search`. */
export async function runSearch(context: CommandContext): Promise<number> {
  const { server, limit, detail } = context.values
  const query = context.positionals.join(' ')
  if (query === '') throw new UsageError('search for what? 2 to 6 keywords')
  const { optimizer } = await openGateway(context)
  try {
    const request = {
      query,
      ...(typeof server === 'string' ? { server } : {}),
      ...(typeof limit === 'string' ? { limit: Number(limit) } : {}),
      ...(typeof detail === 'string' ? { detail: detail as 'name' } : {}),
    }
    await optimizer.ready()
    return printAnswer(context, await optimizer.search(request, { signal: context.signal }))
  } finally {
    await optimizer[Symbol.asyncDispose]()
  }
}
