import { describe, expect, it } from 'vitest'
import { selectPath } from '../../src/context/path.ts'

const value = {
  items: [
    { name: 'a', n: 1 },
    { 'odd key': { deep: 2 }, n: 20 },
  ],
  $ref: 'x',
}

describe('paths into results', () => {
  it.each([
    ['', value],
    ['$', value],
    ['items[0].name', 'a'],
    ['$.items[1]["odd key"].deep', 2],
    ['items[-1]', { 'odd key': { deep: 2 }, n: 20 }],
    ['$ref', 'x'],
    ['$.items[*].n', [1, 20]],
    ['$.items[?@.n > 9].n', [20]],
    ["$.items[?@.name == 'a'].n", [1]],
    ['$..deep', [2]],
    ['$.items[0:1].n', [1]],
    ["$.items[?@.name == '..?$']", []],
    ['$.nope[*]', []],
  ])('%s', async (path, wanted) => {
    expect(await selectPath(value, path)).toEqual(wanted)
  })

  it.each([
    'items.nope',
    'items[0].name.x',
    'a..b',
    'items[x]',
    '__proto__',
    'constructor',
    '$.items[',
    '$.items[?(',
    '$..*..*..*',
    '$.items[?$.items[?$.items]]',
    "$.items[?match(@.name, '(a+)+$')]",
    '$.items[?process.exit()]',
    `$${'.a'.repeat(100_000)}`,
    '[0]'.repeat(100_000),
    `$${'[?@'.repeat(300)}`,
  ])('refuses %.40s', async (path) => {
    await expect(selectPath(value, path)).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
  })

  it('survives values that nest 100,000 levels deep', async () => {
    let deep: unknown = 1
    for (let level = 0; level < 100_000; level++) deep = { a: deep }
    await expect(selectPath(deep, '$..a')).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
    expect(await selectPath(deep, 'a.a.a')).toBeDefined()
  })

  it('bounds what it selects', async () => {
    const wide = Array.from({ length: 100_001 }, (_, index) => index)
    await expect(selectPath(wide, '$[*]')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })
})
