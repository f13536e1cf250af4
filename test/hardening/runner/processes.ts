import { readdirSync, readFileSync } from 'node:fs'

/** All that a process started, and what those started; none on systems without `/proc`. */
export function descendants(pid: number): number[] {
  const children = tasksOf(pid).flatMap((task) => {
    const text = read(`/proc/${pid}/task/${task}/children`).trim()
    return text === '' ? [] : text.split(' ').map(Number)
  })
  return children.flatMap((child) => [child, ...descendants(child)])
}

/** Milliseconds so far that threads of this process and its descendants were ready to run and got no processor. */
export function starvedMs(): number {
  const waited = [process.pid, ...descendants(process.pid)].flatMap((pid) =>
    tasksOf(pid).map((task) => Number(read(`/proc/${pid}/task/${task}/schedstat`).split(' ')[1] ?? 0)),
  )
  return waited.reduce((sum, nanoseconds) => sum + nanoseconds, 0) / 1e6
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
