import { platform } from 'node:os'
import { getuid } from 'node:process'
import { type Layer, type StandingWall } from '../sandbox.ts'
import { bubblewrap, wallOf } from './launch.ts'
import { type FoundJail } from './launcher.ts'

/** What stands around the programs of a process backend, outermost first. */
export function describeLayers(found: FoundJail | undefined): readonly Layer[] {
  if (found === undefined) return []
  const { jail, failed, memory } = found
  const isV8 = memory !== 'not wanted'
  return [
    { name: 'namespaces', active: jail.namespaces, detail: namespacesDetail(found) },
    { name: 'own user', active: jail.ownUser, detail: userDetail(found) },
    {
      name: 'permission model',
      active: true,
      detail: 'Node.js refuses files, processes and addons; it may read its own code',
    },
    { name: 'empty environment', active: true, detail: 'no variable is passed on' },
    {
      name: 'engine',
      active: !isV8,
      detail: isV8
        ? 'V8: no boundary by itself; one program a process, which is ended after it'
        : 'QuickJS in WebAssembly, bounded memory, state written back before each program',
    },
    ...(isV8 ? [memoryLayer(memory)] : []),
    ...failed.map(({ jail: tried, why }) => ({ name: describe(tried), active: false, detail: why })),
  ]
}

/** The wall that stands, and why no stricter one does. */
export function standingWall(found: FoundJail): StandingWall {
  const wall = wallOf(found.jail)
  if (wall === 'namespaces' && found.failed.length === 0) return { wall }
  const reasons = found.failed.map(({ jail, why }) => `${describe(jail)}: ${why}`)
  const none =
    wall === 'namespaces' || found.failed.some(({ jail }) => jail.namespaces) ? [] : [namespacesDetail(found)]
  return { wall, weaker: [...none, ...reasons].join('; ') }
}

function memoryLayer(memory: number | 'not to be had'): Layer {
  const detail =
    memory === 'not to be had'
      ? 'only on Linux does the kernel bound what lies outside the heap of V8; it is looked at every 10 ms'
      : `the kernel bounds the private memory of a process, at ${Math.round(memory / 1024 / 1024)} MB`
  return { name: 'memory bound', active: memory !== 'not to be had', detail }
}

function namespacesDetail({ jail, failed }: FoundJail): string {
  if (jail.namespaces) return 'bubblewrap: no network, no other processes, read-only files, private /tmp'
  if (platform() !== 'linux') return 'only on Linux'
  if (bubblewrap() === undefined) return 'install bubblewrap (bwrap) to have them'
  return failed.length > 0 ? 'bubblewrap is installed but does not work here' : 'not tried'
}

function userDetail({ jail }: FoundJail): string {
  if (jail.ownUser) return 'nobody (65534)'
  return getuid?.() === 0 ? 'nobody (65534) cannot read the files of this package' : 'only root can change the user'
}

function describe({ namespaces, ownUser }: FoundJail['jail']): string {
  return `tried: ${namespaces ? 'namespaces' : 'no namespaces'}, ${ownUser ? 'own user' : 'the same user'}`
}
