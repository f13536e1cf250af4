import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { createFileTokenStore } from '../../../src/upstream/auth/file-store.ts'
import { createLogins } from '../../../src/upstream/auth/login.ts'
import { logIn } from '../../../src/upstream/auth/log-in.ts'
import { temporaryFolder } from '../../support/servers.ts'
import { type SignedWorld, signedWorld } from '../../support/signed-world.ts'

/** Rounds of a full run; each test run does a few (see `npm run login-rounds`). */
const ROUNDS = Number(process.env['MCP_OPTIMIZER_LOGIN_ROUNDS'] ?? 2)
const GATEWAYS = 4
const PATIENCE_MS = 30_000 + ROUNDS * 15_000
const SCRIPT = fileURLToPath(new URL('../../support/signed-gateway.mjs', import.meta.url))

/** A gateway in a process of its own. */
interface Gateway {
  readonly pid: number
  /** What its next call answers, or the error; undefined where the process was killed. */
  call(): Promise<string | undefined>
  kill(): void
}

function startGateway(folder: string, url: string): Gateway {
  const child = spawn(process.execPath, [SCRIPT, folder, url], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  child.stdin.on('error', () => undefined)
  return {
    pid: child.pid ?? 0,
    async call() {
      child.stdin.write('go\n')
      const { value, done } = await lines.next()
      return done === true ? undefined : value
    },
    kill: () => void child.kill('SIGKILL'),
  }
}

async function loggedIn(world: SignedWorld): Promise<string> {
  const folder = temporaryFolder()
  const entry = { name: 'signed', url: world.url }
  const signal = AbortSignal.timeout(20_000)
  const login = await logIn(entry, { open: (address) => void world.browse(address) }, { signal })
  await createLogins(createFileTokenStore({ folder })).save(entry, login)
  return folder
}

describe('several gateways with one login', () => {
  it(
    `redeem an expired token once in each of ${ROUNDS} rounds, and none of their calls fails`,
    { timeout: PATIENCE_MS },
    async () => {
      await using world = await signedWorld()
      const folder = await loggedIn(world)
      const gateways = Array.from({ length: GATEWAYS }, () => startGateway(folder, world.url))
      const all = async (): Promise<unknown> => await Promise.all(gateways.map(async (gateway) => await gateway.call()))
      try {
        await all()
        for (let round = 1; round <= ROUNDS; round++) {
          world.expireAll()
          expect(await all()).toEqual(Array.from({ length: GATEWAYS }, () => 'ann'))
          expect(world.redemptions()).toBe(round)
        }
      } finally {
        for (const gateway of gateways) gateway.kill()
      }
    },
  )

  it('lose no login when the one that renews it is killed at any step', { timeout: PATIENCE_MS }, async () => {
    await using world = await signedWorld()
    const folder = await loggedIn(world)
    const survivor = startGateway(folder, world.url)
    try {
      expect(await survivor.call()).toBe('ann')
      for (let round = 0; round < ROUNDS * 2; round++) {
        world.expireAll()
        const victim = startGateway(folder, world.url)
        // In turns: while the issuer is asked, when it has answered, and at some moment around.
        world.fault = ({ path }, response) => {
          if (path !== '/token') return false
          if (round % 3 === 0) victim.kill()
          else response.once('finish', () => setTimeout(() => victim.kill(), (round % 7) * 5))
          return false
        }
        await victim.call()
        victim.kill()
        world.fault = undefined
        expect(await survivor.call()).toBe('ann')
      }
    } finally {
      survivor.kill()
    }
  })
})
