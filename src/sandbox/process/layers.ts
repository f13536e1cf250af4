import { platform } from 'node:os'
import { getuid } from 'node:process'
import { type Layer, type StandingWall } from '../sandbox.ts'
import { bubblewrap, wallOf } from './launch.ts'
import { type FoundJail } from './launcher.ts'

/** What stands around the programs of a process backend, outermost first. */
export function describeLayers(found: FoundJail | undefined): readonly Layer[] {
  if (found === undefined) return []
  const { jail, failed } = found
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
      active: true,
      detail: 'QuickJS in WebAssembly, bounded memory, state written back before each program',
    },
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
