import { describe, expect, it } from 'vitest'
import { DailyWorld } from './daily-world.ts'

const world = new DailyWorld()

describe('programs that are saved after they worked', () => {
  it.each([
    ['with params', 'return (await tools.tracker.list_issues({ assignee: params.who })).total', { who: 'jon' }, 6],
    [
      'with input',
      'const r = await tools.tracker.get_issue({ id: input.id })\nreturn r.title',
      { id: 2 },
      'Typo in login',
    ],
    ['as an arrow', 'async ({ id }) => (await tools.tracker.get_issue({ id })).id', { id: 3 }, 3],
    [
      'as a default export',
      'export default async (input: { id: number }, tools: any) => (await tools.tracker.get_issue({ id: input.id })).id',
      { id: 4 },
      4,
    ],
    [
      'as main',
      'async function main() {\n  return (await tools.tracker.get_issue({ id: params.id })).id\n}\nmain()',
      { id: 5 },
      5,
    ],
    [
      'with a last expression',
      'const { items } = await tools.tracker.list_issues({ perPage: params.n })\nitems.length',
      { n: 4 },
      4,
    ],
    ['in a fence', '```ts\nreturn params.n * 2\n```', { n: 4 }, 8],
    ['inside of a text that is data', JSON.stringify({ code: 'return params.n * 3' }), { n: 4 }, 12],
    ['with a name that nothing declares', 'total = params.n\nreturn total + 1', { n: 4 }, 5],
    [
      'with a last declaration',
      'const issue = await tools.tracker.get_issue({ id: params.id })',
      { id: 6 },
      expect.objectContaining({ id: 6 }),
    ],
    [
      'with a loop and dates',
      'const days = []\nfor (let d = Date.parse(params.from); days.length < 3; d += 86_400_000) days.push(new Date(d).toISOString().slice(0, 10))\nreturn days',
      { from: '2026-02-27' },
      ['2026-02-27', '2026-02-28', '2026-03-01'],
    ],
    [
      'with work that is not awaited',
      "['a', 'b'].forEach((text) => tools.chat.post_message({ channel: params.channel, text }))\nreturn 'sent'",
      { channel: 'x' },
      'sent',
    ],
  ])('%s', async (what, code, params, value) => {
    expect(await world.gateway.execute({ code, params })).toMatchObject({ status: 'ok', data: value })
    const name = `saved_${what.replace(/\W/g, '_')}`
    const saved = await world.gateway.executeIntent({
      intent: 'save_intent',
      params: { name, description: what, code },
    })
    expect(saved).toMatchObject({ status: 'ok' })
    expect(await world.gateway.executeIntent({ intent: name, params })).toMatchObject({ status: 'ok', data: value })
  })
})
