import type { Answer } from '../engine/engine.ts'
import { type CommandContext, UsageError, wholeNumber } from './command.ts'
import { openGateway } from './gateway.ts'
import { lookOf, textWidth } from './look.ts'
import { saysNoServers } from './no-servers.ts'
import { printAnswer } from './output.ts'
import { wrap } from './wrap.ts'

/** Runs the command `search`. */
export async function runSearch(context: CommandContext): Promise<number> {
  const { server, limit, detail } = context.values
  const query = context.positionals.join(' ')
  if (query === '') throw new UsageError('search for what? 2 to 6 keywords')
  const count = limit === undefined ? undefined : wholeNumber(limit, '--limit')
  const { optimizer, loaded } = await openGateway(context)
  try {
    const request = {
      query,
      ...(typeof server === 'string' ? { server } : {}),
      ...(count === undefined ? {} : { limit: count }),
      ...(typeof detail === 'string' ? { detail: detail as 'name' } : {}),
    }
    await optimizer.ready()
    saysNoServers(context, loaded)
    const answer = await optimizer.search(request, { signal: context.signal })
    return printAnswer(context, context.values['json'] === true ? answer : forPeople(answer, context))
  } finally {
    await optimizer[Symbol.asyncDispose]()
  }
}

/** The agent's text with its lines broken and its names painted; as it is where no terminal shows it. */
function forPeople(answer: Answer<string>, context: CommandContext): Answer<string> {
  if (answer.status === 'error' || typeof answer.data !== 'string') return answer
  const width = textWidth(context)
  const { name } = lookOf(context).palette
  const lines = answer.data.split('\n').map((line) => {
    const [first = '', ...more] = Number.isFinite(width) ? wrap(line, width - 2) : [line]
    const painted = first.replace(/^[\w-]+(?:\.[\w-]+)+(?=\()/, name)
    return [painted, ...more.map((rest) => `  ${rest}`)].join('\n')
  })
  return { ...answer, data: lines.join('\n') }
}
