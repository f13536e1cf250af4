import { type Command, UsageError } from './command.ts'
import { GATEWAY_HELP, GATEWAY_OPTIONS, openGateway } from './gateway.ts'
import { printAnswer } from './output.ts'

export const search: Command = {
  name: 'search',
  summary: 'Find tools and intents, as an agent would',
  usage: 'QUERY... [--server NAME] [--limit N] [--detail name|signature|full]',
  options: {
    server: { type: 'string' },
    limit: { type: 'string' },
    detail: { type: 'string' },
    json: { type: 'boolean' },
    ...GATEWAY_OPTIONS,
  },
  help: {
    server: 'only this server',
    limit: 'matches shown, 1 to 20 (default 10)',
    detail: 'name, signature (default) or full',
    json: 'print the whole answer as JSON',
    ...GATEWAY_HELP,
  },
  examples: [
    'mcp-optimizer search github create issue',
    'mcp-optimizer search read file --server filesystem --detail full',
  ],
  async run(context) {
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
  },
}
