import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest'
import { dataDir, noData } from '../support/shared-data.ts'
import { CORPUS } from './corpus/index.ts'
import { ATTACK_CLASSES, type HostileCase, readCases } from './hostile-case.ts'
import { BACKENDS, openBackend, type Opened } from './runner/backends.ts'
import { needsPolicy, runCampaign, tooManySecondLooks } from './runner/campaign.ts'
import { type Canaries, openCanaries } from './runner/canaries.ts'

describe('our hostile programs', () => {
  it('are at least 250, in every class, each with an id of its own', () => {
    expect(CORPUS.length).toBeGreaterThanOrEqual(250)
    expect(new Set(CORPUS.map(({ id }) => id)).size).toBe(CORPUS.length)
    expect(new Set(CORPUS.map((hostile) => hostile.class))).toEqual(new Set(ATTACK_CLASSES))
  })
})

describe('second looks', () => {
  it.each([
    [0, 3, 0],
    [1, 3, 0],
    [2, 3, 1],
    [2, 250, 0],
    [3, 250, 1],
  ])('%i in %i cases are %i failures', (looks, total, failures) => {
    const lines = Array.from({ length: looks }, (_, index) => `case-${index}: late`)
    const found = tooManySecondLooks(lines, total)
    expect(found).toHaveLength(failures)
    if (failures > 0) expect(found[0]).toContain('case-0: late | case-1: late')
  })
})

describe.each(BACKENDS)('hostile programs in the %s sandbox', (name) => {
  let opened: Opened
  let canaries: Canaries
  beforeAll(async () => {
    canaries = await openCanaries()
    opened = await openBackend(name)
    if ('unavailable' in opened) console.log(`skipped: ${opened.unavailable}`)
  })
  afterAll(async () => {
    if ('backend' in opened) await opened.backend[Symbol.asyncDispose]()
    await canaries[Symbol.asyncDispose]()
  })

  /** Several at once on one pool, beside clean programs that must lose nothing. */
  async function expectContained(context: TestContext, cases: readonly HostileCase[]): Promise<void> {
    if ('unavailable' in opened) return context.skip(opened.unavailable)
    const report = await runCampaign(
      cases.filter((hostile) => !needsPolicy(hostile)),
      { backend: opened.backend, canaries },
    )
    await context.annotate(`contained ${report.contained} of ${report.total}`)
    for (const line of report.secondLooks) console.log(`second look (${name}): ${line}`)
    expect(report.failures).toEqual([])
    expect(report.neighbours.lost).toEqual([])
    expect(report.neighbours.runs).toBeGreaterThan(100)
  }

  it('are contained: our own', { timeout: 900_000 }, async (context) => {
    await expectContained(context, CORPUS)
  })

  it.skipIf(noData('hostile programs'))(
    'are contained: those of the test data',
    { timeout: 900_000 },
    async (context) => {
      await expectContained(context, readCases(join(dataDir, 'hostile/programs.jsonl')))
    },
  )
})

describe('the command for hostile programs', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url))

  async function hostile(...options: readonly string[]): Promise<{ code: number; lines: string[] }> {
    const args = ['run', '--silent', 'hostile', '--', ...options]
    const run = promisify(execFile)('npm', args, { cwd: root, maxBuffer: 1e8 })
    const code = await run.then(
      () => 0,
      (error: { code: number }) => error.code,
    )
    const { stdout, stderr } = await run.catch((error: { stdout: string; stderr: string }) => error)
    return { code, lines: (stdout + stderr).trim().split('\n') }
  }

  it('says how many were contained', { timeout: 120_000 }, async () => {
    const { code, lines } = await hostile('--class', 'pollution', '--limit', '3')
    expect(lines.at(-1)).toBe('contained 3 of 3')
    expect(code).toBe(0)
  })

  it('runs them in a jailed process too', { timeout: 120_000 }, async () => {
    const { code, lines } = await hostile('--backend', 'process', '--class', 'pollution', '--limit', '3')
    expect(lines.at(-1)).toBe('contained 3 of 3')
    expect(code).toBe(0)
  })

  it('says what it cannot do', { timeout: 120_000 }, async () => {
    const wrong = await hostile('--backend', 'paper')
    expect(wrong).toMatchObject({ code: 2, lines: expect.arrayContaining(['there is no backend paper']) })
  })

  it('finds that the control, naive glue around node:vm, contains far less', { timeout: 900_000 }, async () => {
    // Classes in which few programs hang, which would only take long.
    const classes = 'ctor-chain,stack,proxy-symbol,pollution,timers,capability,wrap,param-inject'
    const { code, lines } = await hostile('--backend', 'vm-control', '--class', classes)
    const [, contained, total] = /^contained (\d+) of (\d+)$/.exec(lines.at(-1) ?? '') ?? []
    expect(code).toBe(0)
    expect(Number(total)).toBeGreaterThan(150)
    expect(Number(total) - Number(contained)).toBeGreaterThanOrEqual(60)
    expect(lines.filter((line) => line.includes('pwned')).length).toBeGreaterThan(15)
  })
})
