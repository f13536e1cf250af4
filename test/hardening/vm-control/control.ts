import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type HostileCase } from '../hostile-case.ts'
import { GRACE_MS, LIMITS, type Verdict } from '../runner/attack.ts'
import { rssOf } from '../runner/memory.ts'

const PARALLEL = 2
/** Time for the canaries, the waits and the follower beside the run itself. */
const PATIENCE_MS = LIMITS.timeoutMs + GRACE_MS + 900
const MAX_BYTES = 1_000_000_000

/** Runs cases on the control; answers one line a case that it did not contain. `file`: where the cases come from. */
export async function runControl(cases: readonly HostileCase[], file: string | undefined): Promise<string[]> {
  const waiting = [...cases]
  const failures: string[] = []
  const lane = async (): Promise<void> => {
    const host = new ControlHost(file)
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const reasons = await host.attack(next)
      if (reasons.length > 0) failures.push(`${next.id}: ${reasons.join('; ')}`)
    }
    host.end()
  }
  await Promise.all(Array.from({ length: PARALLEL }, lane))
  return failures
}

/** A child process that runs cases until one of them breaks it. */
class ControlHost {
  private child: ChildProcess | undefined
  private readonly file: string | undefined

  constructor(file: string | undefined) {
    this.file = file
  }

  async attack(hostile: HostileCase): Promise<readonly string[]> {
    this.child ??= await startChild(this.file)
    const reasons = await judge(this.child, hostile)
    if (reasons.length > 0) this.end()
    return reasons
  }

  end(): void {
    this.child?.kill('SIGKILL')
    this.child = undefined
  }
}

async function startChild(file: string | undefined): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL('child.js', import.meta.url)), [file ?? ''], {
    execArgv: ['--max-old-space-size=256'],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  await once(child, 'message')
  return child
}

/** The child's own verdict, unless it says none: then it was ended or hangs. */
async function judge(child: ChildProcess, { id }: HostileCase): Promise<readonly string[]> {
  const controller = new AbortController()
  const { signal } = controller
  const watch = setInterval(() => {
    if (child.pid !== undefined && rssOf(child.pid) > MAX_BYTES) child.kill('SIGKILL')
  }, 50)
  const patience = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
  try {
    child.send(id)
    const said = once(child, 'message', { signal }).then(([verdict]) =>
      (verdict as Verdict).reasons.concat((verdict as Verdict).doubts),
    )
    const died = once(child, 'exit', { signal }).then(([code, cause]) => [
      cause === 'SIGKILL' ? 'hung, or took too much memory' : `ended its host with ${cause ?? `code ${code}`}`,
    ])
    return await Promise.race([said, died])
  } catch {
    return ['its host cannot be reached any more']
  } finally {
    clearInterval(watch)
    clearTimeout(patience)
    controller.abort()
  }
}
