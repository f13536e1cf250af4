// A call that was not awaited and is read all the same (real-life 47): told at the place where it is read.
import { afterAll, describe, expect, it } from 'vitest'
import { createProgramWorld } from './program-world.ts'

const world = createProgramWorld()
afterAll(async () => await world[Symbol.asyncDispose]())
const CALL = 'tools.shop.list_issues({})'

describe('what is read of a call that was not awaited is refused', () => {
  it.each([
    [`const r = ${CALL}; return r.total`, 'total', '1:'],
    [`const r = ${CALL}; return { total: r.total }`, 'total', '1:'],
    [`const { items } = ${CALL}\nreturn items`, 'items', '1:'],
    [`const r = ${CALL}\nconst n = r.items?.length ?? 0\nreturn n`, 'items', '2:'],
    [`return ${CALL}.items.map((item) => item.title)`, 'items', '1:'],
    [
      `let all = []\nlet page = ${CALL}\ndo { all.push(...(page.items ?? [])) } while (page.nextCursor)\nreturn all`,
      'items',
      '3:',
    ],
    [`const get = () => ${CALL}\nreturn get().total > 1 ? 'many' : 'few'`, 'total', '2:'],
    [`return (${CALL})[0]`, '0', '1:'],
  ])('%s', async (source, name, place) => {
    const { status, error } = await world.run(source)
    expect(status).toBe('error')
    expect(error?.message).toContain(`'${name}'`)
    expect(error?.message).toContain('await')
    expect(`${error?.line}:`).toBe(place)
  })

  it.each([`return 'found ' + ${CALL}`, `return \`found \${${CALL}}\``, `return ${CALL} * 2`, `return ${CALL} > 1`])(
    'nor is it taken for a text or number: %s',
    async (source) => {
      expect((await world.run(source)).error?.message).toContain('write await before the call')
    },
  )
})

describe('what promises are used for goes on', () => {
  it.each<[string, unknown]>([
    [`return (await ${CALL}).total`, 2],
    [`return ${CALL}.then((r) => r.total)`, 2],
    [`return await ${CALL}.then((r) => r.total).catch(() => 0).finally(() => 1)`, 2],
    [`return (await Promise.all([${CALL}, ${CALL}])).map((r) => r.total)`, [2, 2]],
    [`return (await Promise.allSettled([${CALL}]))[0].status`, 'fulfilled'],
    [`return (await Promise.race([${CALL}])).total`, 2],
    [`return ${CALL} instanceof Promise`, true],
    [`return typeof ${CALL}.then`, 'function'],
    [`return ${CALL}.constructor === Promise`, true],
    [`return Object.prototype.toString.call(${CALL})`, '[object Promise]'],
    [`const p = ${CALL}; p.label = 'mine'; await p; return p.label`, 'mine'],
    [`const p = ${CALL}; const seen = new Map([[p, 1]]); await p; return seen.get(p)`, 1],
    [`return Promise.resolve(${CALL}) instanceof Promise`, true],
    [`for await (const r of [${CALL}]) return r.total`, 2],
    [`return 'total' in ${CALL}`, false],
    [`const all = []; for (const r of [${CALL}]) all.push((await r).total); return all`, [2]],
  ])('%s', async (source, wanted) => {
    const outcome = await world.run(source)
    expect(outcome.error).toBeUndefined()
    expect(JSON.parse(outcome.value ?? '')).toEqual(wanted)
  })
})
