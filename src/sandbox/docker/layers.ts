import type Docker from 'dockerode'
import { type Layer } from '../sandbox.ts'

/** What we use of what an engine says about itself. */
export interface EngineInfo {
  readonly ServerVersion?: string
  readonly NCPU?: number
  readonly SecurityOptions?: readonly string[] | null
}

/** What stands around the programs of a docker backend: what the engine does, and what we ask it for. */
export function describeLayers(info: EngineInfo, spec: Docker.ContainerCreateOptions): readonly Layer[] {
  const { Memory: memory = 0, NanoCpus: cpus = 0, PidsLimit: pids, Runtime: runtime } = spec.HostConfig ?? {}
  const options = (info.SecurityOptions ?? []).join(' ')
  return [
    {
      name: 'container',
      active: true,
      detail: `engine ${info.ServerVersion ?? 'unknown'}, image ${spec.Image ?? ''}, no network, read-only, no capabilities, user ${spec.User ?? ''}`,
    },
    {
      name: 'seccomp',
      active: options.includes('seccomp'),
      detail: options.includes('seccomp')
        ? "the engine's default profile"
        : 'the engine has none: look at its settings',
    },
    {
      name: 'user namespace',
      active: /userns|rootless/.test(options),
      detail: /userns|rootless/.test(options)
        ? 'root inside is nobody outside'
        : 'the engine runs as root without userns-remap',
    },
    {
      name: 'limits of the kernel',
      active: true,
      detail: `${Math.round(memory / 1024 / 1024)} MB of memory, ${cpus / 1e9} cores, ${pids ?? 0} processes`,
    },
    ...(runtime === undefined ? [] : [{ name: 'runtime', active: true, detail: runtime }]),
    {
      name: 'permission model',
      active: true,
      detail: 'Node.js refuses files, processes and addons; it may read its own code',
    },
    {
      name: 'engine',
      active: true,
      detail: 'QuickJS in WebAssembly, bounded memory, state written back before each program',
    },
  ]
}
