import { expect, it } from 'vitest'
import type { Upstream } from '../../src/upstream/upstream.ts'

export interface UpstreamFixture {
  /** Tool that answers `{text}` as its text. */
  readonly echo: string
  /** Tool that takes `ms` milliseconds. */
  readonly slow: string
  create(): Upstream | Promise<Upstream>
}

const signal = (): AbortSignal => new AbortController().signal

/** What every upstream keeps to. */
export function upstreamContract(fixture: UpstreamFixture): void {
  it('lists its tools and calls one', async () => {
    await using upstream = await fixture.create()
    const tools = await upstream.listTools(signal())
    expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining([fixture.echo, fixture.slow]))
    const result = await upstream.callTool(fixture.echo, { text: 'grüße \u2028 "x"' }, { signal: signal() })
    expect(JSON.stringify(result)).toContain('grüße')
    expect(result.isError).toBeUndefined()
  })

  it('answers calls made side by side, each with its own', async () => {
    await using upstream = await fixture.create()
    const texts = Array.from({ length: 50 }, (_, index) => `text ${index}.`)
    const results = await Promise.all(
      texts.map(async (text) => await upstream.callTool(fixture.echo, { text }, { signal: signal() })),
    )
    for (const [index, text] of texts.entries()) expect(JSON.stringify(results[index])).toContain(text)
  })

  it('stops waiting when the caller leaves', async () => {
    await using upstream = await fixture.create()
    const leaving = new AbortController()
    await upstream.callTool(fixture.echo, { text: 'up' }, { signal: signal() })
    const call = upstream.callTool(fixture.slow, { ms: 60_000 }, { signal: leaving.signal })
    leaving.abort()
    await expect(call).rejects.toThrow()
    expect(
      JSON.stringify(await upstream.callTool(fixture.echo, { text: 'still here' }, { signal: signal() })),
    ).toContain('still here')
  })

  it('refuses an unknown tool without harm', async () => {
    await using upstream = await fixture.create()
    const outcome = await upstream.callTool('no_such_tool', {}, { signal: signal() }).then(
      (result) => result.isError === true,
      () => true,
    )
    expect(outcome).toBe(true)
    expect(JSON.stringify(await upstream.callTool(fixture.echo, { text: 'on' }, { signal: signal() }))).toContain('on')
  })

  it('can be disposed twice, and unused', async () => {
    const upstream = await fixture.create()
    await upstream[Symbol.asyncDispose]()
    await upstream[Symbol.asyncDispose]()
  })
}
