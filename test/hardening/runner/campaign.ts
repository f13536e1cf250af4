import { type SandboxBackend } from '../../../src/sandbox/sandbox.ts'
import { type HostileCase } from '../hostile-case.ts'
import { attack, LIMITS, slowness, type Verdict } from './attack.ts'
import { type Canaries } from './canaries.ts'
import { watchMemory } from './memory.ts'
import { starvedMs } from './processes.ts'
import { type NeighbourReport, Neighbours } from './neighbours.ts'

export interface CampaignOptions {
  readonly backend: SandboxBackend
  readonly canaries: Canaries
  /** Cases at once on the one pool. @default 4 */
  readonly parallel?: number
}

export interface CampaignReport {
  readonly total: number
  readonly contained: number
  /** One line a case that was not contained. */
  readonly failures: readonly string[]
  /** Milliseconds that the slowest run took after its limit. */
  readonly longestOverLimitMs: number
  /** Milliseconds until the pool ran a clean program again. */
  readonly longestRecoveryMs: number
  /** Most that the host grew during one case of the class `memory`, of which one runs at a time. */
  readonly mostGrowthMb: number
  /** Clean programs that ran meanwhile, and before it. */
  readonly neighbours: NeighbourReport
  readonly undisturbed: NeighbourReport
}

/** Megabytes above its memory limit that a program may cost the host. */
const MARGIN_MB = 100
const NEIGHBOURS = 2
const UNDISTURBED_RUNS = 100
const MORE_TRIES = 3

/** True for what a data-flow policy has to stop: a sandbox cannot. */
export function needsPolicy(hostile: HostileCase): boolean {
  return hostile.needs === 'policy' || hostile.class === 'dataflow'
}

/** Runs cases on one pool, several at once and beside clean programs. */
export async function runCampaign(
  cases: readonly HostileCase[],
  { backend, canaries, parallel = 4 }: CampaignOptions,
): Promise<CampaignReport> {
  const faults = watchFaults()
  const undisturbed = await new Neighbours(backend, NEIGHBOURS).stopAfter(UNDISTURBED_RUNS)
  const neighbours = new Neighbours(backend, NEIGHBOURS)
  const verdicts: Verdict[] = []
  let mostGrowthMb = 0
  const others = cases.filter((hostile) => hostile.class !== 'memory')
  const memoryLane = async (): Promise<void> => {
    for (const hostile of cases) {
      if (hostile.class !== 'memory') continue
      const memory = watchMemory()
      const verdict = await attack(hostile, backend, canaries)
      const growthMb = memory.stop() - memory.startMb
      mostGrowthMb = Math.max(mostGrowthMb, growthMb)
      verdicts.push(withGrowth(verdict, growthMb))
    }
    await lane()
  }
  const lane = async (): Promise<void> => {
    for (let next = others.shift(); next !== undefined; next = others.shift()) {
      verdicts.push(await attack(next, backend, canaries))
    }
  }
  await Promise.all([memoryLane(), ...Array.from({ length: parallel - 1 }, lane)])
  const failures: string[] = []
  for (const verdict of verdicts) {
    const reasons = [...verdict.reasons, ...(await stillSlow(verdict, cases, { backend, canaries }))]
    if (reasons.length > 0) failures.push(`${verdict.id}: ${reasons.join('; ')}`)
  }
  const report = await neighbours.stop()
  return {
    total: cases.length,
    contained: cases.length - failures.length,
    failures: [...failures, ...faults.stop()],
    longestOverLimitMs: Math.max(0, ...verdicts.map(({ elapsedMs }) => elapsedMs - LIMITS.timeoutMs)),
    longestRecoveryMs: Math.max(0, ...verdicts.map(({ recoveryMs }) => recoveryMs)),
    mostGrowthMb,
    neighbours: report,
    undisturbed,
  }
}

/**
 * A case that took too long beside others is slow only if it takes as long alone, the time not counted in which other
 * programs of the machine kept it from running.
 */
async function stillSlow(
  { id, slow }: Verdict,
  cases: readonly HostileCase[],
  { backend, canaries }: CampaignOptions,
): Promise<readonly string[]> {
  const hostile = cases.find((item) => item.id === id)
  if (hostile === undefined) return slow
  let still = slow
  for (let i = 0; i < MORE_TRIES && still.length > 0; i++) {
    const starvedBefore = starvedMs()
    const verdict = await attack(hostile, backend, canaries)
    const starved = Math.max(0, starvedMs() - starvedBefore)
    still = slowness({ ...verdict, elapsedMs: verdict.elapsedMs - starved, recoveryMs: verdict.recoveryMs - starved })
  }
  return still
}

function withGrowth(verdict: Verdict, growthMb: number): Verdict {
  const limitMb = LIMITS.memoryBytes / 1_048_576 + MARGIN_MB
  if (growthMb <= limitMb) return verdict
  return {
    ...verdict,
    reasons: [...verdict.reasons, `the host grew by ${Math.round(growthMb)} MB, at most ${limitMb}`],
  }
}

/** Faults that would end a host which does not watch for them. */
function watchFaults(): { stop(): string[] } {
  const faults: string[] = []
  const remember = (fault: unknown): void => void faults.push(`the host had an unhandled fault: ${String(fault)}`)
  process.on('uncaughtException', remember)
  process.on('unhandledRejection', remember)
  return {
    stop: () => {
      process.off('uncaughtException', remember)
      process.off('unhandledRejection', remember)
      return faults
    },
  }
}
