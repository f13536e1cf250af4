import { availableParallelism } from 'node:os'
import { type SandboxBackend } from '../../../src/sandbox/sandbox.ts'
import { type HostileCase } from '../hostile-case.ts'
import { attack, isFree, LIMITS, PATIENT_LIMITS, type Verdict } from './attack.ts'
import { type Canaries } from './canaries.ts'
import { ownClock } from './processes.ts'
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
  /** One line a case that was in doubt at first, and contained when it ran again alone. */
  readonly secondLooks: readonly string[]
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

const NEIGHBOURS = 2
const UNDISTURBED_RUNS = 100
const MORE_TRIES = 4
/** Cases of a hundred that may need a second look; one of fewer may, too. */
const MAX_SECOND_LOOKS_PERCENT = 1

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
  const bombs = cases.filter((hostile) => hostile.class === 'memory')
  const others = cases.filter((hostile) => hostile.class !== 'memory')
  const work = async (waiting: HostileCase[]): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      verdicts.push(await attack(next, backend, canaries))
    }
  }
  await Promise.all([work(bombs).then(() => work(others)), ...Array.from({ length: parallel - 1 }, () => work(others))])
  const failures: string[] = []
  const secondLooks: string[] = []
  /** Those of them that the campaign's own crowd does not explain. */
  const unexplained: string[] = []
  const isCrowded = availableParallelism() < parallel + NEIGHBOURS
  for (const verdict of verdicts) {
    const { reasons, looks } = await confirmed(verdict, cases, { backend, canaries })
    const line = `${verdict.id}: ${[...verdict.reasons, ...verdict.doubts].join('; ')}`
    if (reasons.length > 0) failures.push(`${verdict.id}: ${reasons.join('; ')}`)
    else if (looks > 0) secondLooks.push(line)
    // With a processor for each program at once there is no crowd.
    if (reasons.length === 0 && looks > (isCrowded ? 1 : 0)) unexplained.push(line)
  }
  const report = await neighbours.stop()
  return {
    total: cases.length,
    contained: cases.length - failures.length,
    failures: [...failures, ...tooManySecondLooks(unexplained, cases.length), ...faults.stop()],
    secondLooks,
    longestOverLimitMs: Math.max(0, ...verdicts.map(({ elapsedMs }) => elapsedMs - LIMITS.timeoutMs)),
    longestRecoveryMs: Math.max(0, ...verdicts.map(({ recoveryMs }) => recoveryMs)),
    mostGrowthMb: Math.max(0, ...verdicts.map(({ growthMb }) => growthMb)),
    neighbours: report,
    undisturbed,
  }
}

/** A doubt that goes away is the machine's now and then; where many do, it is ours. */
export function tooManySecondLooks(secondLooks: readonly string[], total: number): string[] {
  const most = Math.max(1, Math.floor((total * MAX_SECOND_LOOKS_PERCENT) / 100))
  if (secondLooks.length <= most) return []
  return [`${secondLooks.length} of ${total} cases needed a second look, more than ${most}: ${secondLooks.join(' | ')}`]
}

/** What holds against a case: doubts only if they come back each time that it runs alone. `looks`: how often it did. */
async function confirmed(
  first: Verdict,
  cases: readonly HostileCase[],
  { backend, canaries }: CampaignOptions,
): Promise<{ readonly reasons: readonly string[]; readonly looks: number }> {
  const hostile = cases.find(({ id }) => id === first.id)
  if (hostile === undefined) throw new TypeError(`no case has the id ${first.id}`)
  let verdict = first
  let looks = 0
  for (let i = 1; i <= MORE_TRIES; i++) {
    if (verdict.reasons.length > 0 || verdict.doubts.length === 0) break
    looks = i
    // At last the clock cuts nothing off: the time that the machine gave to the program is bounded as before.
    const limits = i === MORE_TRIES && isFree(hostile) ? PATIENT_LIMITS : LIMITS
    verdict = await attack(hostile, backend, canaries, { clock: ownClock(), limits })
  }
  return { reasons: [...verdict.reasons, ...verdict.doubts], looks }
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
