import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { Answer } from '../../src/engine/engine.ts'
import { noteOf } from '../../src/engine/outcome.ts'
import type { MemoryTool } from '../../src/upstream/memory.ts'
import { toCallResult } from '../../src/surface/answers.ts'
import { demoGateway } from '../support/gateway.ts'

/** What the server has done. */
let written: string[] = []
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const TOOLS: readonly MemoryTool[] = [
  {
    name: 'write',
    run: async ({ text }) => {
      await turn()
      if (text === 'bad') throw new Error('the title is taken')
      written.push(String(text))
      return { number: written.length }
    },
  },
  {
    name: 'hang',
    run: (_input, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
  },
]
const gateway = demoGateway({ features: { enableMetrics: true } }, TOOLS)
afterAll(async () => await gateway[Symbol.asyncDispose]())
beforeEach(() => {
  written = []
})

const execute = (code: string, timeoutMs = 10_000): Promise<Answer> => gateway.execute({ code, timeoutMs })
const incomplete = (answer: Answer) => {
  if (answer.status !== 'incomplete') throw new TypeError(`expected incomplete, found ${JSON.stringify(answer)}`)
  return answer
}
const shown = async (answer: Answer): Promise<[Record<string, unknown>, isError: boolean]> => {
  const { content, isError = false } = await toCallResult(answer, { compactAnswers: false })
  return [JSON.parse(String(content.at(-1)?.['text'])) as Record<string, unknown>, isError]
}

describe('work that nobody waits for (46)', () => {
  it.each([
    [
      'forEach with async steps',
      `['x', 'y', 'z'].forEach(async (t) => { await tools.demo.write({ text: t + 1 }); await tools.demo.write({ text: t + 2 }) }); return 'all written'`,
      'all written',
      ['x1', 'x2', 'y1', 'y2', 'z1', 'z2'],
    ],
    ['one call', `tools.demo.write({ text: 'a' }); return 'written'`, 'written', ['a']],
    [
      'a main function',
      `async function main() { await tools.demo.write({ text: 'a' }); await tools.demo.write({ text: 'b' }) }\nmain(); return 1`,
      1,
      ['a', 'b'],
    ],
    [
      'an async function called at once',
      `(async () => { await tools.demo.write({ text: 'a' }) })(); return 1`,
      1,
      ['a'],
    ],
    [
      'a map of which the length is returned',
      `return ['a', 'b'].map((text) => tools.demo.write({ text })).length`,
      2,
      ['a', 'b'],
    ],
    ['a timer', `setTimeout(() => tools.demo.write({ text: 'a' }), 10); return 1`, 1, ['a']],
  ])('is done when the answer says so: %s', async (_what, code, value, wanted) => {
    expect(await execute(code)).toMatchObject({ status: 'ok', data: value })
    expect(written.toSorted()).toEqual(wanted)
  })

  it('is told when it fails, beside the value, with what took effect', async () => {
    const answer = incomplete(
      await execute(`['a', 'bad', 'c'].forEach((text) => tools.demo.write({ text })); return 'all written'`),
    )
    expect(written).toEqual(['a', 'c'])
    expect(answer).toMatchObject({
      data: 'all written',
      error: {
        code: 'TOOL_ERROR',
        message: expect.stringMatching(/^the program returned, but nobody caught this rejection: .*the title is taken/),
        details: { failed: [{ code: 'TOOL_ERROR' }], done: ['demo.write', 'demo.write'] },
      },
      metadata: { host_calls: 3 },
    })
    const [body, isError] = await shown(answer)
    expect(isError).toBe(true)
    expect(body).toMatchObject({ status: 'incomplete', error: { code: 'TOOL_ERROR' } })
  })

  it('is cut off at the limit of the program, and named', async () => {
    const answer = incomplete(
      await execute(`tools.demo.hang({}); tools.demo.write({ text: 'a' }); return 'started'`, 300),
    )
    expect(answer).toMatchObject({
      data: 'started',
      error: {
        code: 'TIMEOUT',
        message: expect.stringContaining('the program returned, but work that it had not awaited was cut off'),
        details: { done: ['demo.write'], unknown: [{ tool: 'demo.hang' }] },
      },
    })
  })

  it('is counted, and is the answer to a repeated request', async () => {
    const request = {
      code: `tools.demo.write({ text: 'bad' }); tools.demo.write({ text: 'a' }); return 1`,
      idempotencyKey: 'k1',
    }
    const first = incomplete(await gateway.execute(request))
    const second = incomplete(await gateway.execute(request))
    expect(written).toEqual(['a'])
    expect(second).toMatchObject({ data: first.data, error: first.error, metadata: { replayed: true } })
  })

  it('belongs to a batch as to a program', async () => {
    const code = `params.texts.forEach((text) => tools.demo.write({ text })); return params.texts.length`
    const save = async (): Promise<Answer> =>
      await gateway.executeIntent({
        intent: 'save_intent',
        params: { name: 'write_all', description: 'Writes texts', code },
      })
    incomplete(await gateway.execute({ code, params: { texts: ['bad'] } }))
    expect(await save()).toMatchObject({ status: 'error' })
    await gateway.execute({ code, params: { texts: [] } })
    expect(await save()).toMatchObject({ status: 'ok' })
    const run = (...texts: string[]): Promise<Answer> =>
      gateway.executeIntent({ intent: 'write_all', params: { texts } })
    expect(await run('a', 'b')).toMatchObject({ status: 'ok', data: 2 })
    expect(incomplete(await run('c', 'bad'))).toMatchObject({ data: 2, error: { code: 'TOOL_ERROR' } })
    const requests = [['d'], ['bad']].map((texts) => ({ intent: 'write_all', params: { texts } }))
    expect(incomplete(await gateway.executeBatch({ requests }))).toMatchObject({
      data: [
        { status: 'ok', data: 1 },
        { status: 'ok', data: 1 },
      ],
    })
    expect(written.toSorted()).toEqual(['a', 'b', 'c', 'd'])
  })

  it('is named where its effect is unknown, also if the program caught that', () => {
    const outcome = { status: 'ok', value: '1', logs: [], hostCalls: 1, durationMs: 1, setupMs: 1 } as const
    const unsettled = new Map([['c_1', 'demo.write']])
    expect(noteOf(outcome, { unsettled })).toBe('whether these calls took effect is unknown: demo.write (call c_1)')
    expect(noteOf(outcome, { unsettled: new Map() })).toBeUndefined()
  })
})

describe('promises that nobody awaited (47)', () => {
  it.each([
    ['in an object', `return { total: tools.demo.write({ text: 'a' }) }`, { total: { number: 1 } }],
    ['of map', `return ['a', 'b'].map(async (text) => (await tools.demo.write({ text })).number)`, [1, 2]],
    [
      'as an argument',
      `return await tools.demo.write({ text: tools.demo.write({ text: 'a' }).then((r) => 'n' + r.number) })`,
      { number: 2 },
    ],
  ])('are awaited: %s', async (_what, code, value) => {
    expect(await execute(code)).toMatchObject({ status: 'ok', data: value })
  })
})

describe('a program that returns nothing (54)', () => {
  it.each([
    ['let a = 1', /^the program returned nothing: use return/],
    [`await tools.demo.write({ text: 'a' }); await tools.demo.write({ text: 'b' }); let a`, /after 2 calls of tools/],
  ])('says so: %s', async (code, note) => {
    const [body] = await shown(await execute(code))
    expect(body).toMatchObject({ status: 'ok', data: null })
    expect(body['note']).toMatch(note)
  })

  it.each(['return null', `console.log('x')`, 'return [undefined]'])('does not say so: %s', async (code) => {
    expect((await shown(await execute(code)))[0]).not.toHaveProperty('note')
  })
})
