import { readdirSync, readFileSync } from 'node:fs'

/** All that a process started, and what those started; none on systems without `/proc`. */
export function descendants(pid: number): number[] {
  const children = tasksOf(pid).flatMap((task) => {
    const text = read(`/proc/${pid}/task/${task}/children`).trim()
    return text === '' ? [] : text.split(' ').map(Number)
  })
  return children.flatMap((child) => [child, ...descendants(child)])
}

/** A clock that stands still while other programs of the machine keep threads of this process from running. */
export function ownClock(): () => number {
  const before = new Map(waits())
  const starved = new Map<string, number>()
  return () => {
    for (const [thread, ms] of waits()) starved.set(thread, ms - (before.get(thread) ?? 0))
    return performance.now() - [...starved.values()].reduce((sum, ms) => sum + ms, 0)
  }
}

/** Milliseconds that each thread of this process and its descendants was ready to run and got no processor. */
function waits(): (readonly [thread: string, ms: number])[] {
  return [process.pid, ...descendants(process.pid)].flatMap((pid) =>
    tasksOf(pid).map((task) => {
      const [, nanoseconds] = read(`/proc/${pid}/task/${task}/schedstat`).split(' ')
      return [task, Number(nanoseconds ?? 0) / 1e6] as const
    }),
  )
}

function tasksOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
  } catch {
    return []
  }
}

/** Empty when the file is gone, as the process may be. */
export function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
