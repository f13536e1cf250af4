import { afterAll, describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { defineTool, type StandardSchema } from '../../src/sandbox/define-tool.ts'
import { SecureSandbox } from '../../src/sandbox/secure-sandbox.ts'

const sandbox = new SecureSandbox({ poolSize: 1 })
afterAll(async () => await sandbox[Symbol.asyncDispose]())

/** A schema of nobody's library, which answers later and names its places by objects. */
const positive: StandardSchema<unknown, number> = {
  '~standard': {
    version: 1,
    vendor: 'ours',
    validate: async (value) =>
      await Promise.resolve(
        typeof value === 'number' && value > 0
          ? { value: value * 10 }
          : { issues: [{ message: 'wanted more than 0', path: [{ key: 'n' }, 0] }] },
      ),
  },
}

describe('defineTool', () => {
  const add = defineTool({
    input: z.object({ a: z.number(), b: z.number().default(2) }),
    output: z.object({ sum: z.number() }),
    run(argument) {
      expectTypeOf(argument).toEqualTypeOf<{ a: number; b: number }>()
      return { sum: argument.a + argument.b }
    },
  })

  it('gives the tool what its schema made of the argument', async () => {
    const { value } = await sandbox.execute<number>('return (await tools.add({ a: 1 })).sum', { tools: { add } })
    expect(value).toBe(3)
  })

  it('refuses another argument with its places, in words the program can catch, and runs nothing', async () => {
    let runs = 0
    const tools = { add: defineTool({ input: z.object({ a: z.number() }), run: () => ++runs }) }
    const code = 'try { await tools.add({ a: "1" }) } catch (error) { return [error.code, error.message] }'
    const { value } = await sandbox.execute(code, { tools })
    expect(value).toEqual(['INVALID_REQUEST', expect.stringMatching(/^cannot use this argument: a: .*number/)])
    expect(runs).toBe(0)
  })

  it('takes the schemas of any library, asynchronous ones too', async () => {
    const tools = { tenfold: defineTool({ input: positive, run: (n) => n }) }
    expect(await sandbox.execute('return await tools.tenfold(4)', { tools })).toMatchObject({ value: 40 })
    expect(await sandbox.execute('return await tools.tenfold(-4)', { tools })).toMatchObject({
      status: 'error',
      error: { code: 'INVALID_REQUEST', message: expect.stringContaining('n.0: wanted more than 0') },
    })
  })

  it('says when the tool itself answers something else than it said', async () => {
    const tools = {
      odd: defineTool({ input: z.unknown(), output: z.object({ sum: z.number() }), run: () => ({}) as never }),
    }
    expect(await sandbox.execute('return await tools.odd()', { tools })).toMatchObject({
      status: 'error',
      error: { code: 'TOOL_ERROR', message: expect.stringContaining('sum: ') },
    })
  })
})
