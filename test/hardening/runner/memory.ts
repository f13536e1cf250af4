import { descendants, read } from './processes.ts'

/** Megabytes that this process and all it started hold; on systems without `/proc` this process alone. */
export function memoryMb(): number {
  const others = descendants(process.pid).reduce((sum, pid) => sum + rssOf(pid), 0)
  return (process.memoryUsage.rss() + others) / 1_048_576
}

/** Watches how many megabytes more are held at most, until it is stopped. */
export function watchMemory(): { stop(): number } {
  const startMb = memoryMb()
  let most = startMb
  const look = (): void => {
    most = Math.max(most, memoryMb())
  }
  const timer = setInterval(look, 40)
  return {
    stop: () => {
      clearInterval(timer)
      look()
      return most - startMb
    },
  }
}

/** Bytes of one other process; 0 when it is gone. */
export function rssOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1]
  return Number(kilobytes ?? 0) * 1_024
}
