import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { platform } from 'node:os'
import { describe, expect, it, vi } from 'vitest'
import { ProcessGroup, Reaper } from '../../src/upstream/process-group.ts'
import { MARK, markOf } from '../../src/upstream/strays.ts'

const isLinux = platform() === 'linux'
if (!isLinux) console.log('skipped: what leaves its group is found on Linux only')

let next = 5_000_000 + (process.pid % 1_000) * 1_000

/** Seconds that no other process of this machine sleeps. */
function ownSeconds(): string {
  return String(next++)
}

function isThere(seconds: string): boolean {
  return readdirSync('/proc').some((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8').startsWith(`sleep\u0000${seconds}`)
    } catch {
      return false
    }
  })
}

async function start(script: string, seconds: string): Promise<ProcessGroup> {
  const env = { PATH: process.env['PATH'] ?? '' }
  const group = new ProcessGroup({ command: 'sh', args: ['-c', script], env }, new Reaper())
  await vi.waitFor(() => expect(isThere(seconds)).toBe(true), 10_000)
  return group
}

describe.skipIf(!isLinux)('what a server has started', () => {
  const scripts: [string, (seconds: string) => string][] = [
    ['in its group', (seconds) => `sleep ${seconds} & cat`],
    ['in a session of its own', (seconds) => `setsid sleep ${seconds} & cat`],
    ['as a daemon', (seconds) => `(setsid sh -c 'setsid sleep ${seconds} &' &); cat`],
  ]

  it.each(scripts)('ends with it: %s', async (_where, script) => {
    const seconds = ownSeconds()
    const group = await start(script(seconds), seconds)
    await group.end()
    expect(isThere(seconds)).toBe(false)
  })

  it.each(scripts)('ends when it is killed: %s', async (_where, script) => {
    const seconds = ownSeconds()
    const group = await start(script(seconds), seconds)
    group.child.kill('SIGKILL')
    await vi.waitFor(() => expect(isThere(seconds)).toBe(false), 10_000)
    await group.end()
  })

  it.each(scripts)('ends when the gateway is killed: %s', async (_where, script) => {
    const seconds = ownSeconds()
    const url = JSON.stringify(new URL('../../dist/upstream/process-group.js', import.meta.url).href)
    const code = `
      const { ProcessGroup, Reaper } = await import(${url})
      const options = { command: 'sh', args: ['-c', ${JSON.stringify(script(seconds))}], env: process.env }
      new ProcessGroup(options, new Reaper())
      setInterval(() => undefined, 1_000)`
    const gateway = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'ignore' })
    await vi.waitFor(() => expect(isThere(seconds)).toBe(true), 10_000)
    const gone = once(gateway, 'exit')
    gateway.kill('SIGKILL')
    await gone
    await vi.waitFor(() => expect(isThere(seconds)).toBe(false), 20_000)
  })

  it('leaves those of its neighbours alone', async () => {
    const [ours, theirs] = [ownSeconds(), ownSeconds()]
    const group = await start(`setsid sleep ${ours} & cat`, ours)
    const neighbour = await start(`setsid sleep ${theirs} & cat`, theirs)
    await group.end()
    expect([isThere(ours), isThere(theirs)]).toEqual([false, true])
    await neighbour.end()
  })

  it('is known to the gateways above this one too', () => {
    expect(markOf('inner', markOf('outer', undefined))).toBe('outer,inner')
    expect(MARK).not.toMatch(/^MCP_OPTIMIZER_/)
  })
})
