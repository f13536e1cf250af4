import { randomBytes } from 'node:crypto'
import { type Clock, systemClock } from '../internal/clock.ts'
import type { RedisPlace } from '../internal/redis-access.ts'
import { type Cache, type CacheEntry, groupOf } from './cache.ts'
import { type Circuit, createCircuit, within } from './circuit.ts'
import { Counts } from './counts.ts'
import { fromEnvelope, toEnvelope } from './envelope.ts'
import { connectRedis, type RedisConnection } from './redis-connection.ts'
import { SCRIPTS } from './redis-scripts.ts'

export interface RedisCacheOptions extends RedisPlace {
  /** Gateways of one tenant share entries; all its keys lie in one slot of a cluster. @default 'mcp-optimizer' */
  readonly tenant?: string
  /** Milliseconds that a command, and so a call, waits at most. @default 50 */
  readonly timeoutMs?: number
  readonly clock?: Clock
}

/** Values above this are left to the other layers: their transfer alone could use up the time. */
const MAX_VALUE_CHARS = 1_048_576
const FIRST_PAUSE_MS = 100
const MAX_PAUSE_MS = 2_000
/** A probe may take longer than a command: nobody waits for it. */
const PROBE_MS = 1_000
/** Between two looks at the groups' tokens, in case a message was lost. */
const LOOK_EVERY_MS = 5_000

/**
 * The layer that instances share. Each group has a token in Redis; an entry counts only under the token it was written
 * with, so clearing a group is one write, wherever the others are. They learn of it by a message, by any answer, or by a
 * look every few seconds. A Redis that is dead, hung, slow or not one costs no call more than `timeoutMs`.
 */
export function createRedisCache(options: RedisCacheOptions): Cache {
  return new RedisCache(options)
}

class RedisCache implements Cache {
  readonly name = 'redis'
  readonly #options: RedisCacheOptions
  readonly #prefix: string
  readonly #clock: Clock
  readonly #counts = new Counts('redis')
  readonly #circuit: Circuit
  /** What the tokens made here begin with. */
  readonly #instance = randomText(6)
  readonly #listeners = new Set<(group: string) => void>()
  /** The groups' tokens as this instance last saw them. */
  readonly #tokens = new Map<string, string>()
  /** Groups that were cleared while Redis was away. */
  readonly #uncleared = new Set<string>()
  #connection: RedisConnection | undefined
  #looking: NodeJS.Timeout | undefined
  #looked = false
  #failedProbes = 0
  #disposed = false

  constructor(options: RedisCacheOptions) {
    const { tenant = 'mcp-optimizer', timeoutMs = 50, clock = systemClock } = options
    this.#options = options
    this.#prefix = `{${tenant}}:mcp-optimizer`
    this.#clock = clock
    this.#circuit = createCircuit({
      timeoutMs,
      pauseMs: FIRST_PAUSE_MS,
      maxPauseMs: MAX_PAUSE_MS,
      probe: async () => await this.#probe(),
    })
  }

  async get(key: string): ReturnType<Cache['get']> {
    const entry = this.#counts.found(await this.#get(key))
    return entry === undefined ? undefined : { ...entry, layer: this.name }
  }

  async set(key: string, entry: CacheEntry): Promise<void> {
    if (entry.value.length > MAX_VALUE_CHARS) return
    // Only under the token that this instance knows: after a clear that it has not heard of yet, the entry is not kept.
    await this.#run('mcpoSet', key, [...this.#written(key, entry), this.#tokens.get(groupOf(key)) ?? ''])
  }

  async add(key: string, entry: CacheEntry): ReturnType<Cache['add']> {
    if (entry.value.length > MAX_VALUE_CHARS) return 'unavailable'
    // A record that nobody can read any more stands in nobody's way.
    for (let attempt = 0; attempt < 2; attempt++) {
      const answer = await this.#run('mcpoAdd', key, this.#written(key, entry))
      if (answer === undefined) return 'unavailable'
      if (answer.text === undefined) return 'added'
      const known = this.#read(key, answer)
      if (known !== undefined) return known
      await this.#run('mcpoSet', key, [groupOf(key), this.#newToken(), '', 0, ''])
    }
    return 'unavailable'
  }

  async clear(group: string): Promise<void> {
    this.#uncleared.add(group)
    const answer = await this.#run('mcpoClear', group, this.#clearing(group))
    if (answer !== undefined) this.#uncleared.delete(group)
  }

  stats(): ReturnType<Cache['stats']> {
    const { problem } = this.#circuit
    const { problem: _last, ...stats } = this.#counts.stats()
    return [problem === undefined ? stats : { ...stats, problem }]
  }

  onCleared(listener: (group: string) => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    this.#circuit[Symbol.dispose]()
    clearInterval(this.#looking)
    this.#listeners.clear()
    await this.#connection?.[Symbol.asyncDispose]()
  }

  get #channel(): string {
    return `${this.#prefix}:cleared`
  }

  async #get(key: string): Promise<CacheEntry | undefined> {
    const answer = await this.#run('mcpoGet', key, [groupOf(key)])
    return answer === undefined ? undefined : this.#read(key, answer)
  }

  #read(key: string, { text, lifeMs }: Answer): CacheEntry | undefined {
    if (text === undefined || this.#isUncleared(groupOf(key))) return undefined
    const now = this.#clock.wall()
    const entry = fromEnvelope(key, text, now)
    // By the clock of Redis too, so that instances whose clocks differ end an entry together.
    return entry === undefined ? undefined : { ...entry, expiresAt: Math.min(entry.expiresAt, now + lifeMs) }
  }

  #written(key: string, entry: CacheEntry): readonly (string | number)[] {
    const now = this.#clock.wall()
    return [groupOf(key), this.#newToken(), toEnvelope(key, entry, now), Math.max(0, Math.floor(entry.expiresAt - now))]
  }

  #newToken(): string {
    return this.#instance + randomText(10)
  }

  /** The new token counts as known before anybody else can tell of it. */
  #clearing(group: string): readonly string[] {
    const token = this.#newToken()
    this.#own(group, token)
    return [group, token, this.#channel]
  }

  /** Undefined when Redis could not tell. */
  async #run(script: string, key: string, values: readonly (string | number)[]): Promise<Answer | undefined> {
    if (this.#disposed) return undefined
    try {
      const answer = await this.#circuit.run(async () => {
        const keys = [`${this.#prefix}:groups`, `${this.#prefix}:entry:${key}`] as const
        return toAnswer(await this.#connection?.run(script, keys, values))
      })
      if (script !== 'mcpoClear') this.#learn(groupOf(key), answer.token)
      return answer
    } catch (thrown) {
      return this.#counts.failed(thrown)
    }
  }

  /** Connects, catches up with what was missed in the meantime, both ways, and only then counts as usable. */
  async #probe(): Promise<void> {
    try {
      this.#connection ??= await this.#connect()
      const connection = this.#connection
      await within(PROBE_MS, connection.ping())
      for (const group of this.#uncleared) {
        const keys = [`${this.#prefix}:groups`, `${this.#prefix}:entry:`] as const
        toAnswer(await within(PROBE_MS, connection.run('mcpoClear', keys, this.#clearing(group))))
        this.#uncleared.delete(group)
      }
      await this.#look(connection)
      this.#failedProbes = 0
    } catch (thrown) {
      // A connection whose other end is gone without a word never fails by itself.
      if (++this.#failedProbes % 3 === 0) this.#connection?.reconnect()
      throw thrown
    }
  }

  async #connect(): Promise<RedisConnection> {
    const connection = await connectRedis(this.#options, SCRIPTS, {
      channel: this.#channel,
      onMessage: (message) => this.#heard(message),
    })
    if (this.#disposed) await connection[Symbol.asyncDispose]()
    this.#looking = setInterval(() => {
      if (this.#circuit.closed) this.#look(connection).catch((thrown: unknown) => this.#circuit.fail(thrown))
    }, LOOK_EVERY_MS)
    this.#looking.unref()
    return connection
  }

  /** Compares all tokens with those known: another one, or none, means that a message was missed. */
  async #look(connection: RedisConnection): Promise<void> {
    const tokens = await within(PROBE_MS, connection.hashOf(`${this.#prefix}:groups`))
    for (const group of this.#tokens.keys()) if (!Object.hasOwn(tokens, group)) this.#learn(group, '')
    for (const [group, token] of Object.entries(tokens)) {
      if (!TOKEN.test(token)) throw new TypeError('what answers is not a Redis of ours')
      if (this.#looked && !this.#tokens.has(group)) this.#tell(group)
      this.#learn(group, token)
    }
    this.#looked = true
  }

  /** A message is the new token and the group, after one space. */
  #heard(message: string): void {
    const at = message.indexOf(' ')
    const token = message.slice(0, at)
    const group = message.slice(at + 1)
    if (at < 0 || token.startsWith(this.#instance) || token === this.#tokens.get(group)) return
    this.#own(group, token)
    this.#tell(group)
  }

  /** Takes note of a group's token; where it is another than before, somebody has cleared the group. */
  #learn(group: string, token: string): void {
    const known = this.#tokens.get(group)
    if (known === token) return
    if (token === '') this.#tokens.delete(group)
    else this.#tokens.set(group, token)
    if (known !== undefined) this.#tell(group)
  }

  /** Takes note of a clear that needs no telling. */
  #own(group: string, token: string): void {
    if (group === '') this.#tokens.clear()
    else this.#tokens.set(group, token)
  }

  #tell(group: string): void {
    for (const listener of this.#listeners) listener(group)
  }

  #isUncleared(group: string): boolean {
    return this.#uncleared.has(group) || this.#uncleared.has('')
  }
}

/** What all scripts answer. */
interface Answer {
  /** The group's token; empty: it has none. */
  readonly token: string
  readonly text: string | undefined
  /** Milliseconds that Redis keeps the entry. */
  readonly lifeMs: number
}

const TOKEN = /^(?:[\w-]{16})?$/

/** Whatever answers in place of a Redis is not believed. */
function toAnswer(answer: unknown): Answer {
  const [token, text, lifeMs] = Array.isArray(answer) ? (answer as unknown[]) : []
  if (typeof token !== 'string' || !TOKEN.test(token)) throw new TypeError('what answers is not a Redis of ours')
  return {
    token,
    text: typeof text === 'string' ? text : undefined,
    lifeMs: typeof lifeMs === 'number' ? lifeMs : 0,
  }
}

function randomText(length: number): string {
  return randomBytes(length).toString('base64url').slice(0, length)
}
