import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { appendFileSync, chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/internal/clock.ts'
import type { AuditEntry } from '../../src/policy/audit-entry.ts'
import { filesOf } from '../../src/policy/audit-folder.ts'
import { type AuditOptions, type AuditTrail, openAuditTrail } from '../../src/policy/audit-trail.ts'
import { queryAudit } from '../../src/policy/audit-query.ts'
import { hasHead, verifyAudit } from '../../src/policy/audit-verify.ts'
import { aCall, anOperation, aStart, observerContract } from '../contracts/observer.ts'
import { demoGateway } from '../support/gateway.ts'
import { temporaryFolder } from '../support/servers.ts'

function open(folder: string, options: Partial<AuditOptions> = {}): AuditTrail {
  return openAuditTrail({ folder, clock: systemClock, ...options })
}

/** A folder with one closed chain of `count` operations. */
function written(count: number, options: Partial<AuditOptions> = {}): string {
  const folder = temporaryFolder()
  using trail = open(folder, options)
  for (let index = 0; index < count; index++) trail.ended?.(anOperation({ intent: `intent_${index}` }))
  return folder
}

/** Writes entries until its output is gone. */
const WRITER = fileURLToPath(new URL('../support/audit-writer.mjs', import.meta.url))
const current = (folder: string): string => join(folder, 'chain-0', 'audit.jsonl')
const linesIn = (file: string): string[] => readFileSync(file, 'utf8').trimEnd().split('\n')

observerContract('the audit trail', async () => open(temporaryFolder()))
observerContract('the audit trail with arguments', async () => open(temporaryFolder(), { arguments: 'redacted' }))

describe('the audit trail', () => {
  it('has every operation and every call of a tool, with its operation, outcome, duration and tokens', async () => {
    const folder = temporaryFolder()
    await using gateway = demoGateway({ audit: { enabled: true, folder } })
    const answer = await gateway.execute(
      { code: 'await tools.demo.add({ a: 1, b: 2 }); try { await tools.demo.fail({}) } catch {} return 1' },
      { principal: 'ann', session: 's1' },
    )
    await gateway.executeIntent({ intent: 'no_such_intent' }, { principal: 'bob' })
    const entries = await queryAudit(folder)
    expect(entries.map(({ kind, tool, outcome, code, principal }) => [kind, tool, outcome, code, principal])).toEqual([
      ['start', undefined, 'ok', undefined, ''],
      ['code', undefined, 'ok', undefined, 'ann'],
      ['call', 'demo.add', 'ok', undefined, 'ann'],
      ['call', 'demo.fail', 'error', 'TOOL_ERROR', 'ann'],
      ['intent', undefined, 'error', 'UNKNOWN_INTENT', 'bob'],
    ])
    const [, operation, ...calls] = entries
    expect(operation).toMatchObject({ id: answer.metadata.id, session: 's1', tokens: expect.any(Number) })
    expect(operation?.ms).toBeGreaterThan(0)
    for (const call of calls.slice(0, 2)) expect(call.parent).toBe(answer.metadata.id)
    expect(calls[0]?.tokens).toBeGreaterThan(0)
    // A batch or an intent has its calls as well, and equal arguments have equal digests.
    await gateway.executeIntent({ intent: 'demo.add', params: { a: 1, b: 2 } })
    const again = await queryAudit(folder, { tool: 'demo.add', kind: 'call' })
    expect(again.map(({ digest }) => digest)).toEqual([calls[0]?.digest, calls[0]?.digest])
  })

  it('keeps arguments out, or writes them without secrets when asked to', async () => {
    const input = {
      password: 'hunter2',
      nested: { apiKey: 'k-123', list: [{ Authorization: 'Bearer abc' }] },
      customer_iban: 'DE02',
      text: 'x'.repeat(500),
      plain: 'seen',
    }
    const plain = temporaryFolder()
    const trail = open(plain)
    trail.called?.(aCall({ inputJson: JSON.stringify(input) }))
    trail[Symbol.dispose]()
    expect(linesIn(current(plain))).toHaveLength(2)
    expect(readFileSync(current(plain), 'utf8')).not.toMatch(/hunter2|seen|k-123/)
    const redacted = temporaryFolder()
    open(redacted, { arguments: 'redacted', redact: ['*iban'] }).called?.(aCall({ inputJson: JSON.stringify(input) }))
    const [entry] = await queryAudit(redacted, { kind: 'call' })
    expect(entry?.arguments).toEqual({
      password: '[redacted]',
      nested: { apiKey: '[redacted]', list: [{ Authorization: '[redacted]' }] },
      customer_iban: '[redacted]',
      text: `${'x'.repeat(200)}… (500)`,
      plain: 'seen',
    })
  })

  it('writes what comes in one turn at once, and has answers wait for that', async () => {
    const folder = temporaryFolder()
    using trail = open(folder)
    await trail.settled?.()
    expect(trail.settled?.()).toBeUndefined()
    const lines = (): number => linesIn(current(folder)).length
    trail.called?.(aCall())
    trail.ended?.(anOperation())
    expect(lines()).toBe(1)
    await trail.settled?.()
    expect(lines()).toBe(3)
    // Of very many at once some are written before.
    for (let index = 0; index < 100; index++) trail.called?.(aCall())
    expect(lines()).toBeGreaterThan(50)
    expect(trail.figures().entries).toBe(103)
    expect(lines()).toBe(103)
    trail.called?.(aCall())
    const settled = trail.settled?.()
    trail[Symbol.dispose]()
    await settled
    expect(lines()).toBe(104)
  })

  it('writes the entries of reads some milliseconds later while many operations are under way, before their answers', async () => {
    const folder = temporaryFolder()
    using trail = open(folder)
    await trail.settled?.()
    const lines = (): number => linesIn(current(folder)).length
    const turn = async (): Promise<unknown> => await new Promise((resolve) => setImmediate(resolve))
    for (let index = 0; index < 10; index++) trail.started?.(aStart())
    trail.called?.(aCall())
    trail.ended?.(anOperation())
    await turn()
    expect(lines()).toBe(1)
    await trail.settled?.()
    expect(lines()).toBe(3)
    // What may have changed something is written in its turn, with all before it.
    trail.called?.(aCall())
    trail.called?.(aCall({ mayAct: true }))
    await turn()
    expect(lines()).toBe(5)
    // And so is what ends when few others are left.
    for (let index = 0; index < 2; index++) trail.ended?.(anOperation())
    await turn()
    expect(lines()).toBe(7)
    expect((await verifyAudit(folder))[0]?.problems).toEqual([])
  })

  it.each([
    [20, 5],
    [60, 15],
    [1_000, 20],
  ])('with %i operations under way waits at most %i ms for more entries', async (underWay, ms) => {
    const folder = temporaryFolder()
    using trail = open(folder)
    await trail.settled?.()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      for (let index = 0; index < underWay; index++) trail.started?.(aStart())
      trail.called?.(aCall())
      vi.advanceTimersByTime(ms - 1)
      expect(linesIn(current(folder))).toHaveLength(1)
      vi.advanceTimersByTime(1)
      expect(linesIn(current(folder))).toHaveLength(2)
    } finally {
      vi.useRealTimers()
    }
  })

  it('rotates by size, keeps so many files, and its chain goes on over them', async () => {
    const folder = written(400, { maxFileBytes: 20_000, maxFiles: 3 })
    const files = filesOf(join(folder, 'chain-0'))
    expect(files).toHaveLength(3)
    for (const file of files) expect(statSync(file).size).toBeLessThan(21_000)
    const [report] = await verifyAudit(folder)
    expect(report).toMatchObject({ problems: [], lastSeq: 401, torn: 0, missing: 0 })
    expect(report?.firstSeq).toBeGreaterThan(1)
    expect(report?.entries).toBe(401 - (report?.firstSeq ?? 0) + 1)
  })

  it('continues its chain after a restart; a gateway at its side has a chain of its own', async () => {
    const folder = written(3)
    const first = open(folder)
    const second = open(folder)
    second.ended?.(anOperation())
    first.ended?.(anOperation())
    expect(readdirSync(folder)).toEqual(['chain-0', 'chain-1'])
    first[Symbol.dispose]()
    second[Symbol.dispose]()
    expect((await verifyAudit(folder)).map(({ entries, problems }) => [entries, problems])).toEqual([
      [6, []],
      [2, []],
    ])
  })

  it('takes over the chain of a process that is gone', async () => {
    const folder = written(1)
    // A process id that no process has.
    writeFileSync(join(folder, 'chain-0', 'lock'), `${(await import('node:os')).hostname()} 4194305 1`)
    using trail = open(folder)
    expect(trail.figures().entries).toBe(1)
    expect(readdirSync(folder)).toEqual(['chain-0'])
  })

  const attacks: [string, (lines: string[]) => string[], RegExp][] = [
    [
      'a changed word',
      (lines) => lines.map((line, index) => (index === 3 ? line.replace('intent_2', 'intent_9') : line)),
      /entry 4 was changed/,
    ],
    [
      'a changed outcome with a fresh hash',
      (lines) => lines.map((line, index) => (index === 3 ? rehashed(line) : line)),
      /entry 5 does not continue entry 4/,
    ],
    ['a removed line', (lines) => lines.filter((_line, index) => index !== 3), /entry 5 does not continue entry 3/],
    ['two lines exchanged', ([a = '', b = '', c = '', ...rest]) => [a, c, b, ...rest], /does not continue/],
    ['a line written twice', (lines) => [...lines.slice(0, 4), ...lines.slice(3)], /entry 4 does not continue entry 4/],
    [
      'lines overwritten with other text',
      (lines) => lines.map((line, index) => (index === 3 || index === 4 ? 'nothing here' : line)),
      /is not an entry|does not continue/,
    ],
    [
      'one line overwritten with other text',
      (lines) => lines.map((line, index) => (index === 3 ? 'nothing here' : line)),
      /does not continue/,
    ],
  ]

  it.each(attacks)('shows %s', async (_what, attack, problem) => {
    const folder = written(6)
    const file = current(folder)
    expect((await verifyAudit(folder))[0]?.problems).toEqual([])
    writeFileSync(file, `${attack(linesIn(file)).join('\n')}\n`)
    expect((await verifyAudit(folder))[0]?.problems.join('\n')).toMatch(problem)
  })

  it('shows a cut end to whoever noted the head', async () => {
    const folder = written(6)
    const [before] = await verifyAudit(folder)
    expect(await hasHead(folder, before?.head ?? '')).toBe(true)
    writeFileSync(current(folder), `${linesIn(current(folder)).slice(0, -2).join('\n')}\n`)
    expect(await hasHead(folder, before?.head ?? '')).toBe(false)
  })

  it('shows a file of the middle that is gone', async () => {
    const folder = written(400, { maxFileBytes: 20_000, maxFiles: 10 })
    const [, second = ''] = filesOf(join(folder, 'chain-0'))
    rmSync(second)
    expect((await verifyAudit(folder))[0]?.problems.join()).toMatch(/does not continue/)
  })

  it('goes on after a line that a crash cut short, and counts it', async () => {
    const folder = written(3)
    appendFileSync(current(folder), '{"seq":5,"time":"2026')
    open(folder)[Symbol.dispose]()
    expect(await verifyAudit(folder)).toMatchObject([{ entries: 5, torn: 1, missing: 0, problems: [] }])
    expect(await queryAudit(folder)).toHaveLength(5)
  })

  it('loses at most the last line when the process is killed', async () => {
    const folder = temporaryFolder()
    const child = spawn(process.execPath, [WRITER, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
    // It prints the number of each entry after the trail has taken it.
    let text = ''
    for await (const chunk of child.stdout.setEncoding('utf8') as AsyncIterable<string>) {
      text += chunk
      if (text.length > 20_000 && !child.killed) child.kill('SIGKILL')
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    expect(child.signalCode).toBe('SIGKILL')
    const taken = Number(text.split('\n').at(-2))
    const [report] = await verifyAudit(folder)
    expect(report?.problems).toEqual([])
    // The entry that tells of the start is number 1.
    expect(report?.lastSeq).toBeGreaterThanOrEqual(taken + 1)
    expect(report?.torn).toBeLessThanOrEqual(1)
  })

  it.each(['pipe', 'ignore'] as const)(
    'is written by a process that ends by itself: output %s, not read',
    async (output) => {
      const child = spawn(process.execPath, [WRITER, temporaryFolder()], { stdio: ['ignore', output, 'ignore'] })
      child.stdout?.destroy()
      await once(child, 'exit')
      expect(child.signalCode).toBeNull()
    },
  )

  it.skipIf(process.platform === 'win32')(
    'goes on when its disk takes no more: counts every line that is lost, keeps none of them, and is whole again later',
    async () => {
      const folder = temporaryFolder()
      // A file may grow to 64 blocks; what is written then fails with EFBIG, as it does with ENOSPC on a full disk.
      const limited = `ulimit -f 64; exec "$0" --expose-gc "$1" "$2" 50000`
      const child = spawn('sh', ['-c', limited, process.execPath, WRITER, folder], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      let text = ''
      for await (const chunk of child.stdout.setEncoding('utf8') as AsyncIterable<string>) text += chunk
      const { entries, failures, heapGrowth } = JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') as Record<
        string,
        number
      >
      expect(Number(entries) + Number(failures)).toBe(50_001)
      expect(entries).toBeLessThan(300)
      // 50,000 lines of 300 bytes would be 15 MB.
      expect(heapGrowth).toBeLessThan(2_000_000)
      using trail = open(folder)
      trail.ended?.(anOperation())
      expect(trail.figures()).toMatchObject({ entries: 2, failures: 0 })
      const [report] = await verifyAudit(folder)
      expect(report).toMatchObject({ entries: Number(entries) + 2, problems: [] })
    },
  )

  it('counts what it cannot write, says so once, and shows the gap', async () => {
    const folder = temporaryFolder()
    const failures: unknown[] = []
    const trail = open(folder, { maxFileBytes: 200, onFailure: (error) => failures.push(error) })
    const chain = join(folder, 'chain-0')
    // A rotation into a folder that nobody may write to fails; root may, so the folder goes away instead.
    rmSync(chain, { recursive: true })
    trail.ended?.(anOperation())
    trail.ended?.(anOperation())
    expect(trail.figures()).toMatchObject({ entries: 1, failures: 2 })
    expect(failures).toHaveLength(1)
  })

  it('says clearly that its folder cannot be used', () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'file'), '')
    chmodSync(folder, 0o700)
    expect(() => open(join(folder, 'file'))).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('cannot write the audit trail'),
      }),
    )
  })

  it('is found by time, tool, principal, session, outcome and operation, the latest ones last', async () => {
    const folder = temporaryFolder()
    using trail = open(folder)
    const at = (minute: number): number => Date.UTC(2026, 0, 1, 0, minute)
    trail.ended?.(
      anOperation({ id: '00000000000000aa', startedAt: at(1), principal: 'ann', session: 's1', intent: 'list' }),
    )
    trail.called?.(aCall({ parentId: '00000000000000aa', startedAt: at(2), principal: 'ann', tool: 'github.issues' }))
    trail.ended?.(anOperation({ startedAt: at(3), principal: 'bob', status: 'error', errorCode: 'TIMEOUT' }))
    const times = async (query: Parameters<typeof queryAudit>[1]): Promise<number[]> =>
      (await queryAudit(folder, query)).filter(isNoStart).map(({ time }) => new Date(time).getUTCMinutes())
    expect(await times({ since: at(2), until: at(3) })).toEqual([2, 3])
    expect(await times({ tool: 'github.*' })).toEqual([2])
    expect(await times({ principal: 'ann' })).toEqual([1, 2])
    expect(await times({ session: 's1' })).toEqual([1])
    expect(await times({ outcome: 'error' })).toEqual([3])
    expect(await times({ operation: '00000000000000aa' })).toEqual([1, 2])
    expect(await queryAudit(folder, { limit: 1, until: at(9) })).toHaveLength(1)
    expect(await queryAudit(join(folder, 'nowhere'))).toEqual([])
  })

  it('is found over many files, as many of the latest as are wanted, until nobody waits for it', async () => {
    const folder = written(400, { maxFileBytes: 20_000, maxFiles: 10 })
    const names = async (limit: number): Promise<(string | undefined)[]> =>
      (await queryAudit(folder, { kind: 'intent', limit })).map(({ tool }) => tool)
    for (const limit of [1, 3, 120, 250])
      expect(await names(limit)).toEqual(Array.from({ length: limit }, (_, at) => `intent_${400 - limit + at}`))
    expect(filesOf(join(folder, 'chain-0')).length).toBeGreaterThan(3)
    await expect(queryAudit(folder, {}, AbortSignal.abort())).rejects.toThrow(/abort/)
  })
})

const isNoStart = ({ kind }: AuditEntry): boolean => kind !== 'start'

/** What somebody writes who knows how entries are hashed. */
function rehashed(line: string): string {
  const body = line.slice(0, line.lastIndexOf(',"hash":"')).replace('"outcome":"ok"', '"outcome":"error"')
  return `${body},"hash":"${createHash('sha256').update(body).digest('hex')}"}`
}
