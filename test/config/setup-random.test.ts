import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { serversIn, withoutServer, withServer } from '../../src/config/client-file.ts'
import type { Client, Places } from '../../src/config/clients/client.ts'
import { parseStructured } from '../../src/config/read-file.ts'
import { clientNamed } from '../../src/config/setup/client-named.ts'
import { createSetup } from '../../src/config/setup/setup.ts'
import { createUndo } from '../../src/config/setup/undo.ts'
import { memoryDisk, type MemoryDisk } from '../support/memory-disk.ts'

const CLIENT_NAMES = ['cursor', 'claude-code', 'codex', 'goose', 'vscode', 'opencode'] as const
const STEPS = 2_400

const word = fc.stringMatching(/^[a-z][a-z0-9_-]{0,6}$/)
const server = fc.record({
  program: fc.constantFrom('x', 'y', 'npx', '/opt/a b/c', 'ünï'),
  args: fc.array(fc.stringMatching(/^[ -~]{0,8}$/), { maxLength: 3 }),
  env: fc.dictionary(fc.constantFrom('A', 'B'), fc.constantFrom('s3cret', '${TOKEN}', 'a$b', '$${x}', '{env:T}'), {
    maxKeys: 2,
  }),
  off: fc.boolean(),
})
type Server = typeof server extends fc.Arbitrary<infer T> ? T : never

const start = fc.record({
  servers: fc.dictionary(word, server, { maxKeys: 4 }),
  indent: fc.constantFrom('  ', '    ', '\t'),
  gap: fc.constantFrom('', '\n'),
  end: fc.constantFrom('\n', '\r\n'),
})
type Start = typeof start extends fc.Arbitrary<infer T> ? T : never

const action = fc.record({
  kind: fc.constantFrom('setup', 'setup', 'setup', 'undo', 'undo', 'add', 'drop', 'rewrite', 'own'),
  client: fc.constantFrom(...CLIENT_NAMES),
  /** The change of a file at which the process is killed; beyond the last one it lives. */
  killAt: fc.integer({ min: 1, max: 12 }),
  killed: fc.boolean(),
  name: word,
  server,
})
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never

/** An entry as a client writes it. */
function entryOf(client: Client, { program, args, env, off }: Server): Record<string, unknown> {
  const some = <T extends object>(key: string, value: T): Record<string, T> =>
    Object.keys(value).length === 0 ? {} : { [key]: value }
  switch (client.entry) {
    case 'opencode':
      return { type: 'local', command: [program, ...args], ...some('environment', env), enabled: !off }
    case 'goose':
      return { name: 'n', type: 'stdio', cmd: program, args, ...some('envs', env), enabled: !off, timeout: 9 }
    default:
      return { command: program, args, ...some('env', env), ...(off ? { disabled: true } : {}) }
  }
}

/** A file as a person keeps it: comments before, within and behind the servers, and settings of other things. */
async function textOf(client: Client, { servers, indent, gap, end }: Start): Promise<string> {
  const entries = Object.fromEntries(Object.entries(servers).map(([name, made]) => [name, entryOf(client, made)]))
  const path = client.key
  const nested = path.toReversed().reduce<object>((inner, key) => ({ [key]: inner }), entries)
  if (client.format === 'json') {
    const json = JSON.stringify({ first: 1, ...nested, last: { deep: [1, 2] } }, undefined, indent)
    const noted = json.replace('"first": 1,', `"first": 1, // keep-a\n${gap}${indent}/* keep-b */`)
    return noted.replace('"deep": [', '// keep-c\n"deep": [').replaceAll('\n', end)
  }
  if (client.format === 'yaml') {
    let text = `first: 1 # keep-a\n${path[0]}:\n${indent === '\t' ? '  ' : indent}zzz:\n${indent === '\t' ? '  ' : indent}${indent === '\t' ? '  ' : indent}type: builtin\n# keep-b\nlast: 2\n`
    for (const [name, entry] of Object.entries(entries)) text = await withServer(text, client, 'f', name, entry)
    return `${text}# keep-c\n`.replaceAll('\n', end)
  }
  let text = `first = 1 # keep-a\n${gap}# keep-b\n`
  for (const [name, entry] of Object.entries(entries)) text = await withServer(text, client, 'f', name, entry)
  return `${text}${gap}# keep-c\n[last]\ndeep = [1, 2]\n`.replaceAll('\n', end)
}

/** What the user would have if nothing of ours existed: servers by client, and all that stands beside them. */
class World {
  readonly disk: MemoryDisk = memoryDisk()
  readonly counts: Record<string, number>
  readonly folder = '/home/ann/.config/mcp-optimizer'
  readonly places: Places = { platform: 'linux', home: '/home/ann', cwd: '/home/ann/work', env: {} }
  readonly wanted = new Map<string, Record<string, unknown>>()
  readonly beginning = new Map<string, string>()
  readonly edited = new Set<string>()
  #time = 0

  constructor(counts: Record<string, number>) {
    this.counts = counts
  }

  async begin(starts: readonly Start[]): Promise<void> {
    for (const [index, name] of CLIENT_NAMES.entries()) {
      const client = clientNamed(name)
      const start = starts[index]
      if (start === undefined) continue
      const text = await textOf(client, start)
      if ('fault' in (await parseStructured(text, client.format))) throw new Error(`bad start: ${text}`)
      this.write(client, text)
      this.beginning.set(name, text)
      const made = Object.entries(start.servers).map(([key, value]) => [key, entryOf(client, value)])
      this.wanted.set(name, { ...Object.fromEntries(made), ...(name === 'goose' ? { zzz: { type: 'builtin' } } : {}) })
    }
  }

  text(client: Client): string {
    return this.disk.files.get(client.userFile(this.places))?.toString('utf8') ?? ''
  }

  write(client: Client, text: string): void {
    this.disk.files.set(client.userFile(this.places), Buffer.from(text))
  }

  /** All of a client's file but its servers. */
  async others(client: Client): Promise<unknown> {
    const content = await parseStructured(this.text(client), client.format)
    if ('fault' in content) throw new Error(content.fault)
    const { [client.key[0] ?? '']: _servers, ...rest } = content.value as Record<string, unknown>
    return JSON.parse(JSON.stringify(rest)) as unknown
  }

  async act(step: Action): Promise<void> {
    const client = clientNamed(step.client)
    const before = await this.others(client)
    this.disk.revive()
    if (step.kind === 'setup' || step.kind === 'undo') await this.ours(step, client)
    else await this.theirs(step, client)
    this.disk.revive()
    if (step.kind !== 'rewrite') expect(await this.others(client)).toEqual(before)
    await this.check()
  }

  async ours({ kind, killAt, killed }: Action, client: Client): Promise<void> {
    const writing = { disk: this.disk, now: new Date((this.#time += 1_000)), places: this.places, folder: this.folder }
    if (killed) this.disk.killAt(killAt)
    try {
      if (kind === 'undo') await (await createUndo(writing)).run(client)
      else {
        const own = { command: '/usr/bin/node', args: ['/opt/cli.js', 'serve'] }
        await (await createSetup({ ...writing, own, schema: async () => '{}' })).run(client)
      }
      this.counts[kind] = (this.counts[kind] ?? 0) + 1
    } catch (thrown) {
      if (!this.disk.isDead()) throw thrown
      this.counts['killed'] = (this.counts['killed'] ?? 0) + 1
    }
  }

  /** What the client or its user does to the file meanwhile. */
  async theirs({ kind, name, server: made }: Action, client: Client): Promise<void> {
    this.counts['edited'] = (this.counts['edited'] ?? 0) + 1
    if (kind === 'own') return this.editOwn()
    this.edited.add(client.name)
    const file = client.userFile(this.places)
    const text = this.text(client)
    const present = await serversIn(text, client, file)
    const wanted = this.wanted.get(client.name) ?? {}
    if (kind === 'add' && !Object.hasOwn(wanted, name)) {
      const entry = entryOf(client, made)
      wanted[name] = entry
      this.write(client, await withServer(text, client, file, name, entry))
    }
    const dropped = Object.keys(present).find((key) => Object.hasOwn(wanted, key) && key !== 'zzz')
    if (kind === 'drop' && dropped !== undefined && (await this.isOnlyThere(client, dropped))) {
      delete wanted[dropped]
      this.write(client, await withoutServer(text, client, file, dropped))
    }
    if (kind === 'rewrite' && client.name === 'claude-code') {
      const { value } = (await parseStructured(text, 'json')) as { value: object }
      this.write(client, JSON.stringify({ ...value, starts: this.#time }, undefined, 4))
    }
  }

  /** A person who drops a server that a killed undo had put back, and that our record still has, gets it back: no loss. */
  async isOnlyThere(client: Client, name: string): Promise<boolean> {
    return !this.record().some((step) => step.client === client.name && step.name === name)
  }

  editOwn(): void {
    const path = join(this.folder, 'mcp-optimizer.json')
    const text = this.disk.files.get(path)?.toString('utf8')
    if (text !== undefined) this.disk.files.set(path, Buffer.from(text.replace('{', '{ // keep-own\n')))
  }

  record(): { client: string; name?: string; server?: string; entry: unknown }[] {
    const text = this.disk.files.get(join(this.folder, 'mcp-optimizer.moved.json'))?.toString('utf8')
    return text === undefined ? [] : (JSON.parse(text) as { steps: ReturnType<World['record']> }).steps
  }

  /** Every file is whole; every server is in its client, or in our file and in the record; no comment is gone. */
  async check(): Promise<void> {
    const ownText = this.disk.files.get(join(this.folder, 'mcp-optimizer.json'))?.toString('utf8')
    const own = ownText === undefined ? {} : await serversIn(ownText, { key: ['servers'], format: 'json' }, 'own')
    const record = this.record()
    for (const name of CLIENT_NAMES) {
      const client = clientNamed(name)
      const text = this.text(client)
      const present = await serversIn(text, client, name)
      for (const [key, entry] of Object.entries(this.wanted.get(name) ?? {})) {
        if (Object.hasOwn(present, key)) {
          expect(present[key]).toEqual(entry)
          continue
        }
        const step = record.find((one) => one.client === name && one.name === key)
        expect(step?.entry).toEqual(entry)
        expect(Object.keys(own)).toContain(step?.server)
      }
      for (const key of Object.keys(present))
        expect([...Object.keys(this.wanted.get(name) ?? {}), 'mcp-optimizer']).toContain(key)
      if (name !== 'claude-code') for (const note of ['keep-a', 'keep-b', 'keep-c']) expect(text).toContain(note)
    }
  }

  async end(): Promise<void> {
    const run = { disk: this.disk, places: this.places, folder: this.folder }
    for (const name of CLIENT_NAMES) {
      const client = clientNamed(name)
      await (await createUndo({ ...run, now: new Date((this.#time += 1_000)) })).run(client)
      expect(await serversIn(this.text(client), client, name)).toEqual(this.wanted.get(name))
      if (!this.edited.has(name)) expect(this.text(client)).toBe(this.beginning.get(name))
    }
    expect(this.record()).toEqual([])
  }
}

it(`nothing is lost or changed outside our entries over ${STEPS} random edits, kills and undos`, async () => {
  const counts: Record<string, number> = {}
  const length = 12
  const run = fc.record({
    starts: fc.array(start, { minLength: CLIENT_NAMES.length, maxLength: CLIENT_NAMES.length }),
    steps: fc.array(action, { minLength: length, maxLength: length }),
  })
  await fc.assert(
    fc.asyncProperty(run, async ({ starts, steps }) => {
      const world = new World(counts)
      await world.begin(starts)
      for (const step of steps) await world.act(step)
      await world.end()
    }),
    { numRuns: STEPS / length },
  )
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
  console.log(`setup: ${total} random steps, 0 files lost or changed outside our entries (${JSON.stringify(counts)})`)
  expect(total).toBeGreaterThanOrEqual(2_000)
}, 240_000)
