import { transform } from 'sucrase'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { defineConfig } from '../../src/config/defaults.ts'
import type { Answer } from '../../src/engine/engine.ts'
import { createOptimizer, type Optimizer } from '../../src/optimizer.ts'
import { toCallResult } from '../../src/surface/answers.ts'
import { createMemoryUpstream } from '../../src/upstream/memory.ts'
import { createDailyServers, type DailyServers } from '../support/daily-servers.ts'
import { temporaryFolder } from '../support/servers.ts'

/** A gateway in front of the servers of an office, one for a file; what programs have done is undone before each case. */
export class DailyWorld {
  readonly daily: DailyServers = createDailyServers()
  #gateway: Optimizer | undefined

  constructor() {
    beforeAll(() => {
      this.#gateway = createOptimizer(
        defineConfig({ cacheDir: temporaryFolder(), features: { enableCaching: false } }),
        {
          upstreams: Object.entries(this.daily.servers).map(([name, tools]) => createMemoryUpstream(name, tools)),
        },
      )
    })
    beforeEach(() => this.daily.reset())
    afterAll(async () => await this.#gateway?.[Symbol.asyncDispose]())
  }

  get gateway(): Optimizer {
    if (this.#gateway === undefined) throw new TypeError('the gateway is there within tests only')
    return this.#gateway
  }

  async run(code: string, params: unknown = { n: 2, who: 'mei' }, timeoutMs = 10_000): Promise<Answer> {
    return await this.gateway.execute({ code, params, timeoutMs })
  }

  /** The text that a model gets. */
  async shown(code: string): Promise<string> {
    const { content } = await toCallResult(await this.run(code), { compactAnswers: false })
    return content.map(({ text }) => String(text)).join('\n')
  }

  /** Each program has this value. */
  answers(cases: readonly (readonly [what: string, program: string, value: unknown])[]): void {
    it.each(cases)('%s', async (_what, program, value) => {
      const answer = await this.run(program)
      expect(answer).toMatchObject({ status: 'ok' })
      expect(answer.status === 'ok' && answer.data).toEqual(value)
    })
  }

  /** Each program has the value, and makes the calls, that it has and makes in Node.js. */
  asNode(cases: readonly (readonly [what: string, program: string])[]): void {
    it.each(cases)('%s', async (_what, program) => {
      const wanted: unknown = JSON.parse(JSON.stringify((await this.#inNode(program)) ?? null))
      const callsOfNode = this.daily.calls
      this.daily.reset()
      const answer = await this.run(program)
      expect(answer).toMatchObject({ status: 'ok' })
      expect(answer.status === 'ok' && answer.data).toEqual(wanted)
      expect(this.daily.calls.toSorted()).toEqual(callsOfNode.toSorted())
    })
  }

  /** Each program fails with this message. */
  fails(cases: readonly (readonly [what: string, program: string, message: RegExp | string])[]): void {
    it.each(cases)('%s', async (_what, program, message) => {
      const answer = await this.run(program)
      expect(answer).toMatchObject({
        status: 'error',
        error: { message: typeof message === 'string' ? message : expect.stringMatching(message) },
      })
    })
  }

  async #inNode(program: string): Promise<unknown> {
    const { code } = transform(program, { transforms: ['typescript'], disableESTransforms: true })
    const AsyncFunction = (async () => undefined).constructor as new (
      ...parts: string[]
    ) => (...values: unknown[]) => Promise<unknown>
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
    return await new AsyncFunction('tools', 'params', 'sleep', 'console', `"use strict";\n${code}`)(
      this.#tools(),
      { n: 2, who: 'mei' },
      sleep,
      { log: () => undefined },
    )
  }

  /** The tools as functions of Node.js. */
  #tools(): unknown {
    const { signal } = new AbortController()
    return Object.fromEntries(
      Object.entries(this.daily.servers).map(([server, tools]) => [
        server,
        Object.fromEntries(
          tools.map(({ name, run }) => [name, async (input = {}) => valueOf(await run(input, { signal }))]),
        ),
      ]),
    )
  }
}

/** The value of an answer: data in a text is data. */
function valueOf(answer: unknown): unknown {
  const [block] = (answer as { content?: { text: string }[] } | null)?.content ?? []
  if (block === undefined) return JSON.parse(JSON.stringify(answer))
  try {
    return JSON.parse(block.text)
  } catch {
    return block.text
  }
}
