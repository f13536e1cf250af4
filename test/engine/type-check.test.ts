import { afterAll, describe, expect, it, vi } from 'vitest'
import type { Answer } from '../../src/engine/engine.ts'
import { DEMO_TOOLS, demoGateway } from '../support/gateway.ts'
import { temporaryFolder } from '../support/servers.ts'

const error = (answer: Answer) => {
  if (answer.status !== 'error') throw new TypeError(`expected an error, found ${JSON.stringify(answer.data)}`)
  return answer.error
}
const WRONG = `const r = await tools.demo.add({ a: 1, b: 2, c: 3 })
return await tools.demo.ad({ a: r.sum })`

describe('code that is checked before it runs', () => {
  const run = vi.fn<() => object>(() => ({ sum: 1 }))
  const tools = DEMO_TOOLS.map((tool) => (tool.name === 'add' ? { ...tool, run } : tool))
  const gateway = demoGateway({ sandbox: { typeCheck: 'all' } }, tools)
  afterAll(async () => await gateway[Symbol.asyncDispose]())

  it('is answered with the places that are wrong, and calls nothing', async () => {
    const body = error(await gateway.execute({ code: WRONG }))
    expect(body).toMatchObject({ code: 'TYPE_ERROR', details: { line: 1, column: 46, errors: 2 } })
    expect(body.message.split('\n')).toEqual([
      'the code has 2 type errors',
      expect.stringMatching(/^program\.ts:1:46 TS2353: .*fields: a, b$/),
      expect.stringMatching(/^program\.ts:2:25 TS2339: tools\.demo\.ad does not exist; nearest: tools\.demo\.add/),
    ])
    expect(run).not.toHaveBeenCalled()
  })

  it('is INVALID_CODE where it does not parse', async () => {
    expect(error(await gateway.execute({ code: 'return ((' }))).toMatchObject({
      code: 'INVALID_CODE',
      details: { line: 1 },
    })
  })

  it('runs when it is right', async () => {
    const answer = await gateway.execute({
      code: 'return (await tools.demo.add({ a: params.a, b: 2 })).sum',
      params: { a: 1 },
    })
    expect(answer).toMatchObject({ status: 'ok', data: 1 })
  })
})

describe('code that is kept as an intent', () => {
  const save = { name: 'broken_rows', description: 'Rows' }

  it('is checked by default, against the types of its input too', async () => {
    await using gateway = demoGateway({ intents: [temporaryFolder()] })
    // It works, as what it misspells is optional; it is not what its author meant.
    const code = 'return (await tools.demo.rows({ count: params.count })).rows.slice(0, params.cuont)'
    expect(await gateway.execute({ code, params: { count: 2 } })).toMatchObject({ status: 'ok' })
    const body = error(await gateway.executeIntent({ intent: 'save_intent', params: { ...save, code } }))
    expect(body).toMatchObject({ code: 'TYPE_ERROR', details: { line: 1 } })
    expect(body.message).toContain("Did you mean 'count'")
    expect((await gateway.executeIntent({ intent: 'broken_rows' })).status).toBe('error')
  })

  it('is not when that is switched off', async () => {
    await using gateway = demoGateway({ intents: [temporaryFolder()], sandbox: { typeCheck: 'off' } })
    const code = 'return params.nothing'
    await gateway.execute({ code, params: {} })
    const answer = await gateway.executeIntent({ intent: 'save_intent', params: { ...save, code } })
    expect(answer).toMatchObject({ status: 'ok', data: { saved: 'broken_rows' } })
  })
})
