import { describe, expect, it } from 'vitest'
import { createProgress } from '../../src/surface/progress.ts'

describe('progress for clients', () => {
  it("of one call keeps the server's numbers and total", () => {
    const toProgress = createProgress()
    expect([
      toProgress({ progress: 0, total: 1 }),
      toProgress({ progress: 0.5, total: 1 }),
      toProgress({ progress: 1, total: 1, message: 'done' }),
    ]).toEqual([
      { progress: 0, total: 1, message: '0 of 1' },
      { progress: 0.5, total: 1, message: '0.5 of 1' },
      { progress: 1, total: 1, message: 'done' },
    ])
  })

  it('of calls side by side, and of calls that start again, grows all the same', () => {
    for (const reports of [
      [
        [1, 3],
        [40, 100],
        [2, 3],
        [50, 100],
      ],
      [
        [1, 2],
        [2, 2],
        [1, 2],
        [2, 2],
      ],
    ] as const) {
      const toProgress = createProgress()
      const sent = reports.map(([progress, total]) => toProgress({ progress, total }))
      for (const [index, { progress }] of sent.entries())
        expect(progress).toBeGreaterThan(sent[index - 1]?.progress ?? -Infinity)
      expect(sent.at(-1)).not.toHaveProperty('total')
      expect(sent.at(-1)?.message).toMatch(/^\d+ of \d+$/)
    }
  })
})
