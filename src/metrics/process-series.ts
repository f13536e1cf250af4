import { readdirSync, readFileSync } from 'node:fs'
import {
  constants,
  monitorEventLoopDelay,
  performance,
  type PerformanceEntry,
  PerformanceObserver,
} from 'node:perf_hooks'
import process from 'node:process'
import { getHeapSpaceStatistics } from 'node:v8'
import { addHistogram } from './prometheus-series.ts'
import type { Registry, Sample, Series } from './registry.ts'

/** Adds what every Node.js process tells of itself, under the names that dashboards of Node.js know. */
export function addProcessSeries(registry: Registry): void {
  for (const series of [...cpuSeries(), ...memorySeries(), ...fileSeries(), ...runtimeSeries()]) registry.add(series)
  for (const series of loopSeries()) registry.add(series)
  addGarbageCollection(registry)
}

type Read = () => number | undefined

/** A series of one line; none where the platform does not tell. */
function one(type: Series['type'], name: string, help: string, read: Read): Series {
  return {
    name,
    help,
    type,
    read() {
      const value = read()
      return value === undefined ? [] : [{ value }]
    },
  }
}

function cpuSeries(): Series[] {
  const seconds = (read: (usage: NodeJS.CpuUsage) => number): Read => {
    return () => read(process.cpuUsage()) / 1e6
  }
  const startedAt = Math.round(Date.now() / 1_000 - process.uptime())
  return [
    one(
      'counter',
      'process_cpu_user_seconds_total',
      'User CPU time in seconds',
      seconds(({ user }) => user),
    ),
    one(
      'counter',
      'process_cpu_system_seconds_total',
      'System CPU time in seconds',
      seconds(({ system }) => system),
    ),
    one(
      'counter',
      'process_cpu_seconds_total',
      'User and system CPU time in seconds',
      seconds(({ user, system }) => user + system),
    ),
    one('gauge', 'process_start_time_seconds', 'When the process started, seconds since 1970', () => startedAt),
  ]
}

function memorySeries(): Series[] {
  const bytes = (part: keyof NodeJS.MemoryUsage): Read => {
    return () => process.memoryUsage()[part]
  }
  const space = (part: 'space_size' | 'space_used_size' | 'space_available_size') => (): Sample[] =>
    getHeapSpaceStatistics().map((statistics) => ({
      labels: { space: statistics.space_name.replace(/_space$/, '') },
      value: statistics[part],
    }))
  return [
    one('gauge', 'process_resident_memory_bytes', 'Resident memory in bytes', bytes('rss')),
    one('gauge', 'process_virtual_memory_bytes', 'Virtual memory in bytes', () => statusBytes('VmSize')),
    one('gauge', 'process_heap_bytes', 'Size of the data segment in bytes', () => statusBytes('VmData')),
    one('gauge', 'nodejs_heap_size_total_bytes', 'Heap of Node.js in bytes', bytes('heapTotal')),
    one('gauge', 'nodejs_heap_size_used_bytes', 'Used heap of Node.js in bytes', bytes('heapUsed')),
    one('gauge', 'nodejs_external_memory_bytes', 'Memory outside the heap of Node.js in bytes', bytes('external')),
    {
      name: 'nodejs_heap_space_size_total_bytes',
      help: 'Size of each heap space in bytes',
      type: 'gauge',
      read: space('space_size'),
    },
    {
      name: 'nodejs_heap_space_size_used_bytes',
      help: 'Used size of each heap space in bytes',
      type: 'gauge',
      read: space('space_used_size'),
    },
    {
      name: 'nodejs_heap_space_size_available_bytes',
      help: 'Available size of each heap space in bytes',
      type: 'gauge',
      read: space('space_available_size'),
    },
  ]
}

/** Only Linux tells these; elsewhere the lines are missing. */
function statusBytes(field: string): number | undefined {
  const found = new RegExp(`^${field}:\\s*(\\d+) kB`, 'm').exec(readIfThere('/proc/self/status'))
  return found === null ? undefined : Number(found[1]) * 1_024
}

function fileSeries(): Series[] {
  return [
    one('gauge', 'process_open_fds', 'Open file descriptors', () => {
      try {
        // The folder itself was open while it was read.
        return readdirSync('/proc/self/fd').length - 1
      } catch {
        return undefined
      }
    }),
    one('gauge', 'process_max_fds', 'Most file descriptors that may be open', () => {
      const found = /^Max open files\s+(\d+)/m.exec(readIfThere('/proc/self/limits'))
      return found === null ? undefined : Number(found[1])
    }),
  ]
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function runtimeSeries(): Series[] {
  const [major = '', minor = '', patch = ''] = process.version.slice(1).split('.')
  const version = { version: process.version, major, minor, patch }
  return [
    {
      name: 'nodejs_version_info',
      help: 'Always 1; the version of Node.js is in the labels',
      type: 'gauge',
      read: () => [{ labels: version, value: 1 }],
    },
    {
      name: 'nodejs_active_resources',
      help: 'What keeps the event loop alive, by type',
      type: 'gauge',
      read() {
        const counts = new Map<string, number>()
        for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1)
        return [...counts].map(([type, value]) => ({ labels: { type }, value }))
      },
    },
  ]
}

/** Delays of the event loop since the last scrape; 0 where the loop has not turned since. */
function loopSeries(): Series[] {
  const histogram = monitorEventLoopDelay()
  histogram.enable()
  let lag = 0
  const measure = (): number => {
    const since = performance.now()
    // The next scrape tells how long this turn of the loop takes.
    setImmediate(() => (lag = (performance.now() - since) / 1_000))
    return lag
  }
  const seconds = (read: () => number): Read => {
    return () => (histogram.count === 0 ? 0 : read() / 1e9)
  }
  const named = (part: string): string => `nodejs_eventloop_lag${part}_seconds`
  return [
    one('gauge', named(''), 'Lag of the event loop in seconds', measure),
    one(
      'gauge',
      named('_min'),
      'Smallest delay of the event loop',
      seconds(() => histogram.min),
    ),
    one(
      'gauge',
      named('_max'),
      'Largest delay of the event loop',
      seconds(() => histogram.max),
    ),
    one(
      'gauge',
      named('_mean'),
      'Mean delay of the event loop',
      seconds(() => histogram.mean),
    ),
    one(
      'gauge',
      named('_stddev'),
      'Standard deviation of the delays',
      seconds(() => histogram.stddev),
    ),
    one(
      'gauge',
      named('_p50'),
      'Median delay of the event loop',
      seconds(() => histogram.percentile(50)),
    ),
    one(
      'gauge',
      named('_p90'),
      '90th percentile of the delays',
      seconds(() => histogram.percentile(90)),
    ),
    one('gauge', named('_p99'), '99th percentile of the delays', () => {
      const value = seconds(() => histogram.percentile(99))()
      // The last one of them that is read begins the next measure.
      histogram.reset()
      return value
    }),
  ]
}

const COLLECTIONS = new Map([
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
])

function addGarbageCollection(registry: Registry): void {
  const durations = addHistogram(registry, {
    name: 'nodejs_gc_duration_seconds',
    help: 'Duration of garbage collections by kind: major, minor, incremental or weakcb',
    labelNames: ['kind'],
    bounds: [0.001, 0.01, 0.1, 1, 2, 5],
  })
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      // The types of this kind of entry have no detail; Node.js has, from version 16 on.
      const { detail } = entry as PerformanceEntry & { readonly detail?: { readonly kind?: number } }
      durations.of(COLLECTIONS.get(detail?.kind ?? 0) ?? 'other').observe(entry.duration / 1_000)
    }
  })
  observer.observe({ entryTypes: ['gc'] })
}
