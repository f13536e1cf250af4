import { describe, expect, it } from 'vitest'
import { fallsShortSections } from '../../bench/lib/falls-short.mjs'
import { goalsOf, slackOf } from '../../bench/lib/goals.mjs'
import { stampOf } from '../../bench/lib/stamp.mjs'

describe('the room of a goal', () => {
  it.each([
    [{ value: 10, unit: 'ms', budget: '≤ 12.5' }, 1.25],
    [{ value: 100, unit: 'operations/s', budget: '≥ 80' }, 1.25],
    // What is missing of the whole counts.
    [{ value: 99, unit: '%', budget: '≥ 90' }, 10],
    [{ value: 26, unit: '%', budget: '≥ 13' }, 2],
    [{ value: 52, unit: 'calls', budget: '< 78' }, 1.5],
    [{ value: 0, unit: 'MB', budget: '≤ 20' }, undefined],
    [{ value: -1.3, unit: 'MB', budget: '≤ 5' }, undefined],
    [{ value: 0, unit: 'errors', budget: '≤ 0' }, undefined],
    [{ value: 100, unit: '%', budget: '≥ 100' }, undefined],
    [{ value: 20, unit: 'tasks', budget: '= 20 of 20' }, undefined],
  ])('of %j is %s', (goal, room) => {
    const slack = slackOf(goal)
    if (room === undefined) expect(slack).toBeUndefined()
    else expect(slack).toBeCloseTo(room, 10)
  })
})

const loops = (rates: readonly number[]): object => ({
  tasks: { list: { loops: rates.map((perSecond, at) => ({ concurrency: at * 15 + 1, perSecond, p50Ms: 1 })) } },
})
const results = {
  peers: {
    peers: [
      { name: 'mcp-optimizer (server)', ...loops([200, 700]) },
      { name: 'pass-through proxy', ...loops([500, 600]) },
    ],
  },
  tasks: {
    summary: [
      { set: 'tasks', mode: 'traditional', turns: 58, tasks: 20 },
      { set: 'tasks', mode: 'code_execution', turns: 72, tasks: 20 },
    ],
  },
  'sandbox-node24': {
    figures: [
      { what: 'light program', value: 1, unit: '' },
      { what: '  times as many as run where its tools answer text', value: 48, unit: 'times' },
      { what: 'heavy program, 13 calls', value: 1, unit: '' },
      {
        what: '  times as many as run where its tools answer text',
        value: 5.3,
        unit: 'times',
        budget: '≥ 6',
        holds: false,
      },
      { what: '  times as many as run as its documentation uses it', value: 9.3, unit: 'times' },
    ],
  },
}

describe('what falls short', () => {
  it('names those who are faster, turns, like for like, and missed goals, with their figures', () => {
    const rows = fallsShortSections(results)[0]?.table.rows ?? []
    expect(rows.map(([what, ours, , other]) => [what, ours, other])).toEqual([
      [expect.stringContaining('1 at a time'), 200, expect.stringContaining('500/s')],
      [expect.stringContaining('run where its tools answer text as ours'), 5.3, expect.stringContaining('9.3 times')],
      ['turns of a model in 20 tasks, catalog tasks', 72, expect.stringContaining('58')],
      [expect.stringContaining('goal missed (sandbox-node24)'), 5.3, '≥ 6'],
    ])
  })

  it('is no section where nothing does', () => {
    expect(fallsShortSections({})).toEqual([])
  })
})

it('goals are figures with a budget, and lists of goals', () => {
  expect(
    goalsOf({
      a: { goals: [{ what: ' x ', budget: '≤ 1' }] },
      b: { figures: [{ what: 'y' }, { what: 'z', budget: '≥ 1' }] },
    }),
  ).toEqual([
    { bench: 'a', what: 'x', budget: '≤ 1' },
    { bench: 'b', what: 'z', budget: '≥ 1' },
  ])
})

it('a result that does not tell its commit or its load is said not to', () => {
  const machine = { date: '2026-11-25T10:00:00Z', node: 'v24.0.0', cpu: 'AMD', cores: 2 }
  expect(stampOf(machine)).toBe('2026-11-25, commit not recorded, Node v24.0.0, AMD, 2 cores, load not recorded')
  expect(stampOf({ ...machine, version: '1.0.0', commit: 'abc', load: 1, loadAfter: 2 })).toBe(
    '2026-11-25, mcp-optimizer 1.0.0, commit abc, Node v24.0.0, AMD, 2 cores, load 1.0 before and 2.0 after',
  )
})
