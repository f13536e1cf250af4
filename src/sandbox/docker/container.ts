import { hostname } from 'node:os'
import { PassThrough } from 'node:stream'
import process, { pid } from 'node:process'
import type Docker from 'dockerode'
import { type Channel, type Departure } from '../remote/channel.ts'

export interface ContainerOptions {
  readonly image: string
  /** The runner's argument. */
  readonly argument: string
  readonly memoryMb: number
  readonly cpus: number
  readonly pids: number
  /** `uid:gid`; never root. */
  readonly user: string
  /** An OCI runtime that the engine knows, e.g. `runsc`. */
  readonly runtime?: string
}

/** Labels by which what a gateway left behind is found. */
export const LABEL = 'mcp-optimizer.sandbox'
const OWNER_PID = 'mcp-optimizer.owner-pid'
const OWNER_HOST = 'mcp-optimizer.owner-host'

/** What a container is allowed: to compute, with bounded memory, and to talk to us by its standard streams. */
export function containerSpec(instance: string, options: ContainerOptions): Docker.ContainerCreateOptions {
  const { image, argument, memoryMb, cpus, pids, user, runtime } = options
  const memory = memoryMb * 1024 * 1024
  return {
    Image: image,
    Cmd: [argument],
    Labels: { [LABEL]: instance, [OWNER_PID]: String(pid), [OWNER_HOST]: hostname() },
    User: user,
    WorkingDir: '/work',
    NetworkDisabled: true,
    // The engine closes its input when our connection ends, whatever way: then it ends itself.
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
    HostConfig: {
      AutoRemove: true,
      NetworkMode: 'none',
      IpcMode: 'private',
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      // The engine's default seccomp profile stays on.
      SecurityOpt: ['no-new-privileges'],
      PidsLimit: pids,
      Memory: memory,
      MemorySwap: memory,
      NanoCpus: Math.round(cpus * 1e9),
      Tmpfs: { '/work': 'rw,noexec,nosuid,nodev,size=16m,mode=1777' },
      Ulimits: [
        { Name: 'nofile', Soft: 256, Hard: 256 },
        { Name: 'core', Soft: 0, Hard: 0 },
      ],
      // What it prints goes to us alone, never to the engine's disk.
      LogConfig: { Type: 'none', Config: {} },
      ...(runtime !== undefined && { Runtime: runtime }),
    },
  }
}

/** Starts a container; its runner is behind the channel. */
export async function startContainer(client: Docker, spec: Docker.ContainerCreateOptions): Promise<Channel> {
  const container = await client.createContainer(spec)
  try {
    const stream = await container.attach({
      stream: true,
      stdin: true,
      stdout: true,
      stderr: true,
      hijack: true,
    })
    const channel = toChannel(client, container, stream)
    await container.start()
    return channel
  } catch (thrown) {
    await container.remove({ force: true }).catch(() => undefined)
    throw thrown
  }
}

/** Removes containers whose gateway is gone; answers how many. Those of other machines are left alone. */
export async function reapContainers(client: Docker): Promise<number> {
  const containers = await client.listContainers({ all: true, filters: { label: [LABEL] } })
  const orphans = containers.filter(({ Labels: labels }) => {
    const owner = Number(labels[OWNER_PID])
    return labels[OWNER_HOST] === hostname() && owner !== pid && !isAlive(owner)
  })
  // One that removes itself at this moment is as good as removed.
  const remove = async (id: string): Promise<unknown> =>
    await client
      .getContainer(id)
      .remove({ force: true })
      .catch(() => undefined)
  await Promise.all(orphans.map(async ({ Id: id }) => await remove(id)))
  return orphans.length
}

const MAX_COMPLAINT_CHARS = 4_096

function toChannel(client: Docker, container: Docker.Container, stream: NodeJS.ReadWriteStream): Channel {
  const output = new PassThrough()
  const errors = new PassThrough()
  let complaint = ''
  errors.on('data', (chunk: Buffer) => {
    if (complaint.length < MAX_COMPLAINT_CHARS) complaint += chunk.toString().slice(0, MAX_COMPLAINT_CHARS)
  })
  container.modem.demuxStream(stream, output, errors)
  let killing = false
  const kill = (): void => {
    if (killing) return
    killing = true
    container.kill({ signal: 'SIGKILL' }).catch(() => undefined)
    // Its input ends too: then the runner ends itself, should the engine not answer.
    stream.end()
  }
  const gone = new Promise<Departure>((resolve) => {
    for (const event of ['end', 'close', 'error']) stream.on(event, () => resolve({ memory: false }))
  })
  void gone.then(kill)
  const socket = stream as unknown as { ref?(): void; unref?(): void }
  return {
    input: stream as unknown as Channel['input'],
    output,
    gone,
    kill,
    hold: (hold) => (hold ? socket.ref?.() : socket.unref?.()),
    complaint: () => complaint,
  }
}

function isAlive(owner: number): boolean {
  try {
    process.kill(owner, 0)
    return true
  } catch (thrown) {
    return (thrown as { code?: string }).code === 'EPERM'
  }
}
