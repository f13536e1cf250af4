import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createUsage, type Usage } from '../../../src/catalog/search/usage.ts'
import { temporaryFolder } from '../../support/servers.ts'

const sure = (usage: Usage, query: string, id: string): number => usage.of(query)?.(id) ?? 0

const turned = () => {
  let now = 1_000_000
  return { clock: { wall: () => now }, turn: (ms: number) => (now += ms) }
}
const DAY = 24 * 3_600_000
const make = (file?: string) => {
  const { clock, turn } = turned()
  return { usage: createUsage({ file, clock }), turn }
}

describe('usage', () => {
  it('raises what was executed after a search, for queries alike', () => {
    const { usage } = make()
    usage.shown('ann', ['create github issue'], ['github.create_issue', 'jira.create_issue'])
    usage.executed('ann', 'jira.create_issue')
    expect(sure(usage, 'create an issue on github', 'jira.create_issue')).toBeGreaterThan(0.4)
    expect(sure(usage, 'create github issue', 'github.create_issue')).toBe(0)
    expect(sure(usage, 'send slack message', 'jira.create_issue')).toBe(0)
  })

  it('learns only of what the search had shown, to whom, and soon after', () => {
    const { usage, turn } = make()
    usage.shown('ann', ['create issue'], ['a.x'])
    usage.executed('ann', 'b.y')
    usage.executed('bob', 'a.x')
    turn(31 * 60_000)
    usage.executed('ann', 'a.x')
    for (const id of ['a.x', 'b.y']) expect(sure(usage, 'create issue', id)).toBe(0)
  })

  it('grows with use towards 1, once a search, and fades', () => {
    const { usage, turn } = make()
    const use = (times: number): number => {
      usage.shown('ann', ['create issue'], ['a.x'])
      for (let i = 0; i < times; i++) usage.executed('ann', 'a.x')
      return sure(usage, 'create issue', 'a.x')
    }
    const once = use(1)
    const twice = use(5)
    expect(once).toBeCloseTo(0.5)
    expect(twice).toBeCloseTo(2 / 3)
    turn(365 * DAY)
    expect(sure(usage, 'create issue', 'a.x')).toBeLessThan(0.1)
  })

  it('is kept between runs', async () => {
    const file = join(temporaryFolder(), 'usage', 'x.json')
    const first = make(file)
    first.usage.shown('ann', ['create issue'], ['a.x'])
    first.usage.executed('ann', 'a.x')
    await first.usage[Symbol.asyncDispose]()
    expect(sure(make(file).usage, 'create issue', 'a.x')).toBeGreaterThan(0.4)
    expect(readFileSync(file, 'utf8')).not.toContain('ann')
  })

  it.each(['', '{', '[]', '{"format":1,"memories":[{"terms":[1],"id":"a.x","count":1,"at":1}]}', '{"format":9}'])(
    'takes the file %j for none',
    async (content) => {
      const folder = temporaryFolder()
      const file = join(folder, 'x.json')
      writeFileSync(file, content)
      const { usage } = make(file)
      expect(sure(usage, 'create issue', 'a.x')).toBe(0)
      usage.shown('ann', ['create issue'], ['a.x'])
      usage.executed('ann', 'a.x')
      await usage[Symbol.asyncDispose]()
      expect(sure(make(file).usage, 'create issue', 'a.x')).toBeGreaterThan(0.4)
      expect(readdirSync(folder)).toEqual(['x.json'])
    },
  )

  it('stays bounded, keeping what was used last', async () => {
    const file = join(temporaryFolder(), 'x.json')
    const { usage } = make(file)
    for (let i = 0; i < 1_200; i++) {
      usage.shown('ann', [`topic${i} word`], [`a.x${i}`])
      usage.executed('ann', `a.x${i}`)
    }
    await usage[Symbol.asyncDispose]()
    const { memories } = JSON.parse(readFileSync(file, 'utf8')) as { memories: unknown[] }
    expect(memories).toHaveLength(1_000)
    expect(sure(usage, 'topic1199 word', 'a.x1199')).toBeGreaterThan(0)
    expect(sure(usage, 'topic0 word', 'a.x0')).toBe(0)
  })
})
