import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { platform, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { createTypeChecker } from '../../../src/catalog/type-check/checker.ts'
import type { CheckedProgram, TypeCheck } from '../../../src/catalog/type-check/type-check.ts'
import { createCatalog } from '../../../src/catalog/snapshot.ts'

const string = { type: 'string' }
const meta = { type: 'object', properties: { color: string }, required: ['color'], additionalProperties: false }
const issue = { type: 'object', properties: { id: { type: 'number' }, title: string } }
const TOOLS = [
  {
    name: 'create_issue',
    inputSchema: {
      type: 'object',
      properties: { title: string, body: string, meta },
      required: ['title'],
      additionalProperties: false,
    },
  },
  {
    name: 'list_issues',
    inputSchema: { type: 'object', properties: { state: { enum: ['open', 'closed'] } } },
    outputSchema: {
      type: 'object',
      properties: {
        items: { type: 'array', items: issue },
        extra: { type: 'object' },
        'un-known': { const: 'unknown' },
      },
    },
  },
]
const catalog = createCatalog({ servers: [{ name: 'github', state: 'ready', tools: TOOLS }], intents: [] })
const LIST = 'tools.github.list_issues({})'

/** `line:column code message` of each problem. */
function shown(check: TypeCheck): string[] {
  if (check.status === 'unchecked') throw new Error(check.reason)
  return check.status === 'ok'
    ? []
    : check.problems.map(({ line, column, code, message }) => `${line}:${column} ${code} ${message}`)
}

describe.each(['native', 'command'] as const)('types checked by the %s compiler', (compiler) => {
  const checker = createTypeChecker({ compiler, timeoutMs: 30_000 })
  afterAll(async () => {
    await checker[Symbol.asyncDispose]()
  })
  const check = async (source: string, more: Partial<CheckedProgram> = {}): Promise<string[]> =>
    shown(await checker.check({ source, ...more }, catalog))

  it('are right in programs that use what there is', async () => {
    const source = `const made = await tools.github.create_issue({ title: 'x', meta: { color: params.anything } })
const { items, extra } = await ${LIST}
for (const { id, title } of items) console.log(id.toFixed(), title.trim(), extra.what.ever, made.url.length)
const first: number | undefined = items.find((item) => item.id > 1).id
const twice = (x) => x + x
return [twice(first), atob('eA=='), await results.get('r1'), (await results.list()).length]`
    expect(await check(source)).toEqual([])
  })

  it.each([
    [
      'const a = 1\n  await tools.github.create_isue({ title: "x" })',
      '2:22 TS2551',
      'nearest: tools.github.create_issue',
    ],
    ['await tools.git.create_issue({ title: "x" })', '1:13 TS2339', 'tools.git does not exist; nearest: tools.github'],
    ['await tools.github.create_issue({ titel: "x" })', '1:35 TS2561', "mean to write 'title'"],
    ['await tools.github.create_issue({})', '1:33 TS', "'title' is missing"],
    ['await tools.github.create_issue()', '1:20 TS2554', 'tools.github.create_issue: expected 1 arguments, but got 0'],
    ['await tools.github.create_issue({ title: 1 })', '1:35 TS2322', "'number' is not assignable to type 'string'"],
    ['await tools.github.list_issues({ state: "opened" })', '1:34 TS2820', `'"open"'`],
    [`const r = ${LIST}; return r.items`, '1:50 TS2339', "'items' does not exist on a promise: await"],
    [`return (await ${LIST}).items[0].titel`, '1:54 TS2551', "mean 'title'"],
    ['return process.env', '1:8 TS', "the sandbox has no 'process'"],
    ['const é = "𝒳"; return fetch("x")', '1:24 TS2304', "the sandbox has no 'fetch'"],
    ['return [\n  1,\n  ((', '3:5 TS1109', 'Expression expected'],
    ['import fs from "node:fs"\nreturn fs', '1:1 TS1232', 'a program has no imports'],
  ])('are wrong in %j', async (source, place, message) => {
    const [problem] = await check(source)
    expect(problem).toContain(place)
    expect(problem).toContain(message)
  })

  it('include those of params, by their schema', async () => {
    const params = { type: 'object', properties: { name: string, next: { $ref: '#' } }, required: ['name'] }
    expect(await check('return params.name.trim() + params.next.name', { params })).toEqual([])
    expect(await check('return params.nam', { params })).toEqual([expect.stringContaining("mean 'name'")])
  })

  it('are about five places at most, and say how many more there are', async () => {
    const source = Array.from({ length: 9 }, (_, i) => `const n${i}: number = 'x'`).join('\n')
    const result = await checker.check({ source }, catalog)
    expect(result).toMatchObject({ status: 'errors', more: 4 })
    expect(shown(result).map((line) => line.slice(0, 3))).toEqual(['1:7', '2:7', '3:7', '4:7', '5:7'])
  })

  it('are those of the catalog at hand', async () => {
    const tools = TOOLS.slice(0, 1).map((tool) => ({ ...tool, name: 'open_issue' }))
    const other = createCatalog({ servers: [{ name: 'github', state: 'ready', tools }], intents: [] })
    const source = 'return await tools.github.open_issue({ title: "x" })'
    expect(shown(await checker.check({ source }, other))).toEqual([])
    expect(await check(source)).toHaveLength(1)
  })

  it('are found without reading files that a program names', async () => {
    for (const source of [
      '/// <reference path="/etc/passwd" />\nreturn 1',
      'return await import("/etc/passwd")',
      'return require("/etc/passwd")',
      'let x: typeof import("/etc/passwd"); return x',
    ]) {
      expect((await check(source)).join()).not.toMatch(/root:|daemon/)
    }
  })
})

describe('the native compiler', () => {
  const checker = createTypeChecker({ timeoutMs: 30_000 })
  afterAll(async () => {
    await checker[Symbol.asyncDispose]()
  })
  const check = async (source: string): Promise<string[]> => shown(await checker.check({ source }, catalog))

  it.each([
    [LIST, '1:1', 'is not awaited'],
    [`${LIST}.then((x) => x)`, '1:1', 'is not awaited'],
    [`const gh = tools.github\ngh.list_issues({})`, '2:1', 'is not awaited'],
    [`const { github } = tools; github.list_issues({})`, '1:27', 'is not awaited'],
    ['async function main() {}\nmain()', '2:1', 'is not awaited'],
    [`Promise.all([${LIST}])`, '1:1', 'is not awaited'],
    [`return { a: { b: ${LIST} } }`, '1:18', 'answered as {}'],
    [`const p = ${LIST}\nreturn { p }`, '2:10', 'answered as {}'],
    [`return [${LIST}]`, '1:9', 'answered as {}'],
    [`return { ...${LIST} }`, '1:13', 'no fields to spread'],
    [`return \`\${${LIST}}\``, '1:11', 'in a text'],
    [`return "" + ${LIST}`, '1:13', 'in a calculation'],
    [`if (!${LIST}) return 1`, '1:6', 'always true'],
    [`console.log(${LIST})`, '1:13', 'is a promise'],
    [`return [1].map(async () => 1)`, '1:8', 'await Promise.all'],
    [`return { a: [1].map((id) => ${LIST}) }`, '1:13', 'await Promise.all'],
  ])('finds the promise that nothing waits for in %j', async (source, place, message) => {
    expect(await check(source)).toEqual([expect.stringContaining(`${place} AWAIT`)])
    expect((await check(source))[0]).toContain(message)
  })

  it.each([
    `return ${LIST}`,
    `const p = ${LIST}; const r = await p; return { r }`,
    `let r = ${LIST} as any; r = await r; return { r }`,
    `const [a, b] = await Promise.all([${LIST}, ${LIST}]); return { a, b }`,
    `return await Promise.all([1, 2].map(async (id) => ({ id, list: await ${LIST} })))`,
    `const run = async () => await ${LIST}; return { list: await run() }`,
    `void ${LIST}; return 1`,
    `const jobs = []; jobs.push(${LIST}); return await Promise.all(jobs)`,
    `return await ${LIST}.catch(() => null)`,
    `const first = await Promise.race([${LIST}]); return first.items.length`,
  ])('is content with %j', async (source) => {
    expect(await check(source)).toEqual([])
  })

  it('names the fields that there are, at the level in question', async () => {
    const fields = async (source: string): Promise<string | undefined> => (await check(source))[0]?.split('fields: ')[1]
    expect(await fields('await tools.github.create_issue({ title: "", foo: 1 })')).toBe('title, body?, meta?')
    expect(await fields('await tools.github.create_issue({})')).toBe('title, body?, meta?')
    expect(await fields('await tools.github.create_issue()')).toBe('title, body?, meta?')
    expect(await fields('await tools.github.create_issue({ title: "", meta: {} })')).toBe('color')
    expect(await fields('await tools.github.create_issue({ title: "", meta: { colour: "" } })')).toBe('color')
    expect(await fields(`return (await ${LIST}).item`)).toBe('items?, extra?, un-known?')
    expect(await fields('return "".foo')).toBeUndefined()
  })

  it('answers many at once, each with its own', async () => {
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, i) => check(i % 2 === 0 ? 'return 1' : `return no_${i}`)),
    )
    expect(all.map((lines) => /no_\d+/.exec(lines.join())?.[0])).toEqual(
      all.map((_, i) => (i % 2 === 0 ? undefined : `no_${i}`)),
    )
  })
})

// A conditional type that the compiler multiplies out for as long as it is let.
const BOMB = `type Grow<T extends string, N extends 0[] = []> = N['length'] extends 16 ? T : Grow<\`\${T}a\` | \`\${T}b\`, [...N, 0]>
type Pair<A extends string, B extends string> = \`\${A}\${B}\`
let x: Pair<Grow<'a'>, 'x' | 'y'> = 'q'
type Deep<N extends unknown[] = []> = N['length'] extends 950 ? N : Deep<[...N, N]>
let y: Deep[0] = 1
return [x, y]`

describe('the process of the checker', () => {
  const running = (folder = '/proc'): string[] =>
    readdirSync(folder).filter((pid) => {
      try {
        return /^\d+$/.test(pid) && readFileSync(join(folder, pid, 'cmdline'), 'utf8').includes(MARK)
      } catch {
        return false
      }
    })
  const MARK = `mcp-optimizer-check-${process.pid}-`

  it.skipIf(platform() !== 'linux')(
    'starts with the first check and ends when it is idle, and when it is disposed',
    async () => {
      await using checker = createTypeChecker({ idleMs: 200 })
      expect(running()).toEqual([])
      await checker.check({ source: 'return 1' }, catalog)
      expect(running()).toHaveLength(1)
      await vi.waitFor(() => expect(running()).toEqual([]), { timeout: 10_000 })
      expect(await checker.check({ source: 'return 1' }, catalog)).toEqual({ status: 'ok' })
      await checker[Symbol.asyncDispose]()
      expect(running()).toEqual([])
      expect(await checker.check({ source: 'return 1' }, catalog)).toMatchObject({ status: 'unchecked' })
    },
  )

  it('ends a check that takes too long, says so, and goes on with the next', async () => {
    await using checker = createTypeChecker({ timeoutMs: 4_000 })
    const endless = await checker.check({ source: BOMB.replaceAll('16', '22') }, catalog)
    if (endless.status === 'unchecked') expect(endless.reason).toMatch(/4000 ms|ended/)
    expect(await checker.check({ source: 'return 1' }, catalog)).toEqual({ status: 'ok' })
  })

  it('lets the checks of others pass one that takes long, and at last says what became of it', async () => {
    await using checker = createTypeChecker({ timeoutMs: 20_000, patienceMs: 200 })
    await checker.check({ source: 'return 0' }, catalog)
    const ended: string[] = []
    const bomb = async (party: string): Promise<TypeCheck> => {
      const check = await checker.check({ source: BOMB.replaceAll('16', '22'), party }, catalog)
      ended.push(party)
      return check
    }
    const first = bomb('one')
    const second = bomb('one')
    const good = await checker.check({ source: 'return 1', party: 'two' }, catalog)
    expect([good, ended]).toEqual([{ status: 'ok' }, []])
    // The second takes the place beside; a third party is served all the same.
    expect(await checker.check({ source: 'return 2', party: 'three' }, catalog)).toEqual({ status: 'ok' })
    expect(ended.length).toBeLessThan(2)
    await checker[Symbol.asyncDispose]()
    for (const check of await Promise.all([first, second])) expect(check.status).toBe('unchecked')
  })

  it.skipIf(platform() !== 'linux')('ends a compiler that takes too much memory', async () => {
    await using checker = createTypeChecker({ memoryBytes: 20 * 1024 * 1024, timeoutMs: 20_000 })
    const result = await checker.check({ source: BOMB }, catalog)
    expect(result).toEqual({ status: 'unchecked', reason: 'its process ended' })
  })

  it('gives up when its caller leaves, and refuses more than the queue holds', async () => {
    await using checker = createTypeChecker({ queueLimit: 1 })
    const first = checker.check({ source: 'return 1' }, catalog)
    const controller = new AbortController()
    const second = checker.check({ source: 'return 2' }, catalog, controller.signal)
    expect(await checker.check({ source: 'return 3' }, catalog)).toMatchObject({ status: 'unchecked' })
    controller.abort(new Error('left'))
    await expect(second).rejects.toThrow('left')
    expect(await first).toEqual({ status: 'ok' })
  })

  const script = (dist: string, source: string): string => `
Symbol.asyncDispose ??= Symbol('asyncDispose')
const { createTypeChecker } = await import(${JSON.stringify(join(dist, 'catalog/type-check/checker.js'))})
const { createCatalog } = await import(${JSON.stringify(join(dist, 'catalog/snapshot.js'))})
const checker = createTypeChecker()
const catalog = createCatalog({ servers: [], intents: [] })
console.log(JSON.stringify(await checker.check({ source: 'return 1' }, catalog)))
${source}`
  const dist = fileURLToPath(new URL('../../../dist', import.meta.url))

  it.skipIf(platform() !== 'linux')('ends with the gateway, however that ends, also during a check', async () => {
    const busy = `checker.check({ source: ${JSON.stringify(BOMB)} }, catalog); setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script(dist, busy)], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    await once(createInterface({ input: child.stdout }), 'line')
    const group = childrenOf(child.pid ?? 0)
    const all = [...group, ...group.flatMap(childrenOf)]
    expect(all.length).toBeGreaterThan(1)
    child.kill('SIGKILL')
    await vi.waitFor(() => expect(all.filter(isAlive)).toEqual([]), { timeout: 5_000 })
  })

  it('keeps no process alive, and says what to install when there is no TypeScript', async (context) => {
    const folder = mkdtempSync(join(tmpdir(), 'no-typescript-'))
    try {
      cpSync(dist, join(folder, 'dist'), { recursive: true })
      mkdirSync(join(folder, 'node_modules'))
      const modules = join(dist, '../node_modules')
      for (const name of readdirSync(modules)) {
        if (!/^(typescript|@typescript|\..*)$/.test(name))
          symlinkSync(join(modules, name), join(folder, 'node_modules', name))
      }
      const found = findTypeScript(folder)
      context.skip(found !== undefined, `a TypeScript is installed above the temporary folder: ${found}`)
      const child = spawn(process.execPath, ['--input-type=module', '-e', script(join(folder, 'dist'), '')])
      const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
      expect(JSON.parse(line)).toEqual({
        status: 'unchecked',
        reason: expect.stringContaining('"typescript" is not installed'),
      })
      await once(child, 'exit')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

function findTypeScript(folder: string): string | undefined {
  try {
    return createRequire(join(folder, 'index.js')).resolve('typescript/package.json')
  } catch {
    return undefined
  }
}

function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
}

function isAlive(pid: number): boolean {
  try {
    // A dead process whose parent has not asked for it is dead all the same.
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
