// Integers beyond 2^53 that a program itself writes or reads (real-life 27): the digits arrive, or the program is refused.
import { afterAll, describe, expect, it } from 'vitest'
import { createProgramWorld } from './program-world.ts'

const world = createProgramWorld()
afterAll(async () => await world[Symbol.asyncDispose]())
const ID = '1541815603606036481'

describe('a number in the source that stands as data keeps its digits, as a text', () => {
  it.each<[string, unknown]>([
    [`return await tools.shop.echo({ id: ${ID} })`, { id: ID }],
    [`return await tools.shop.echo({ id: -${ID} })`, { id: `-${ID}` }],
    [`return await tools.shop.echo({ ids: [1, ${ID}, 2] })`, { ids: [1, ID, 2] }],
    [`const id = ${ID}\nreturn await tools.shop.echo({ id })`, { id: ID }],
    [`const id: number = 1_541_815_603_606_036_481;\nreturn { id }`, { id: ID }],
    [`const get = (id = ${ID}) => tools.shop.echo({ id })\nreturn await get()`, { id: ID }],
    [`const row = await tools.shop.echo({ id: '${ID}' })\nreturn row.id === ${ID}`, true],
    [`const row = await tools.shop.echo({ id: '${ID}' })\nreturn ${ID} !== row.id`, false],
    [`switch (params.id) { case ${ID}: return 'found'\n default: return 'none' }`, 'found'],
    [`return [params].find(({ id }) => id == ${ID}) !== undefined`, true],
    [`return (params.none ?? ${ID})`, ID],
    [`return params.none ? 1 : ${ID}`, ID],
    [`return new Map([[${ID}, 'a']]).get(params.id)`, 'a'],
    [`return { ${ID}: 'a' }[params.id]`, 'a'],
    [`return \`id \${${ID}}\``, `id ${ID}`],
    [`return (BigInt(${ID}) + 1n).toString()`, '1541815603606036482'],
    [`return await tools.shop.echo({ id: 1541815603606036481n })`, undefined],
  ])('%s', async (source, wanted) => {
    const outcome = await world.run(source, { id: ID })
    expect(outcome.error).toBeUndefined()
    if (wanted !== undefined) expect(JSON.parse(outcome.value ?? '')).toEqual(wanted)
  })

  it.each([
    [
      'numbers that hold their digits',
      'return [9007199254740991, 10000000000000000, 1700000000000000000, 1e21]',
      [9007199254740991, 1e16, 1.7e18, 1e21],
    ],
    ['a text', `return '${ID}'`, ID],
    ['a template', `return \`${ID}\``, ID],
    ['a comment', `// ${ID}\nreturn 1 /* ${ID} */`, 1],
    [
      'fractions and hexadecimals',
      'return [1234567890.1234567891, 0x1fffffffffffff]',
      [1234567890.1234567, 9007199254740991],
    ],
  ])('leaves %s', async (_what, source, wanted) => {
    expect(JSON.parse((await world.run(source)).value ?? '')).toEqual(wanted)
  })
})

describe('a number in the source that is calculated with is refused, with what to write', () => {
  it.each([`return ${ID} + 1`, `return 2 * ${ID}`, `return params.n > ${ID}`, `return params.n - ${ID}`])(
    '%s',
    async (source) => {
      const { error } = await world.run(source, { n: 1 })
      expect(error).toMatchObject({
        code: 'INVALID_CODE',
        message: `${ID} is more than a number holds exactly: write '${ID}' where it is an id, ${ID}n to calculate with it`,
      })
    },
  )
})

describe('JSON that a program reads from a text keeps its digits, as values of tools do', () => {
  it.each<[string, unknown]>([
    [`return JSON.parse('{"id": ${ID}, "n": 5}')`, { id: ID, n: 5 }],
    [`return JSON.parse('[-${ID},"${ID}",9007199254740991]')`, [`-${ID}`, ID, 9007199254740991]],
    [`return JSON.parse('{"note":"id: ${ID}, \\\\"${ID}\\\\"","id":${ID}}')`, { note: `id: ${ID}, "${ID}"`, id: ID }],
    [`return JSON.parse('{"id":${ID}}', (key, value) => (key === 'id' ? value + '!' : value))`, { id: `${ID}!` }],
    [`return JSON.parse('{"id":${ID}.5}')`, { id: 1541815603606036500 }],
    [`return JSON.parse(JSON.stringify({ a: [1, 2], b: 'x' }))`, { a: [1, 2], b: 'x' }],
  ])('%s', async (source, wanted) => {
    const outcome = await world.run(source)
    expect(outcome.error).toBeUndefined()
    expect(JSON.parse(outcome.value ?? '')).toEqual(wanted)
  })

  it.each(['{"id": 1541815603606036481', 'id 1541815603606036481', '01541815603606036481'])(
    'what is no JSON stays none: %s',
    async (text) => {
      expect((await world.run('return JSON.parse(params.text)', { text })).error?.name).toBe('SyntaxError')
    },
  )
})
