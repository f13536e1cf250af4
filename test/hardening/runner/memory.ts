import { readdirSync, readFileSync } from 'node:fs'

/** Megabytes that this process and all it started hold; on systems without `/proc` this process alone. */
export function memoryMb(): number {
  return (process.memoryUsage.rss() + childrenOf(process.pid).reduce((sum, pid) => sum + treeRss(pid), 0)) / 1_048_576
}

/** Watches the most memory held, until it is stopped. */
export function watchMemory(): { readonly startMb: number; stop(): number } {
  const startMb = memoryMb()
  let most = startMb
  const look = (): void => {
    most = Math.max(most, memoryMb())
  }
  const timer = setInterval(look, 40)
  return {
    startMb,
    stop: () => {
      clearInterval(timer)
      look()
      return most
    },
  }
}

/** Bytes of one other process; 0 when it is gone. */
export function rssOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1]
  return Number(kilobytes ?? 0) * 1_024
}

function treeRss(pid: number): number {
  return rssOf(pid) + childrenOf(pid).reduce((sum, child) => sum + treeRss(child), 0)
}

function childrenOf(pid: number): number[] {
  return list(`/proc/${pid}/task`).flatMap((task) => {
    const children = read(`/proc/${pid}/task/${task}/children`).trim()
    return children === '' ? [] : children.split(' ').map(Number)
  })
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
