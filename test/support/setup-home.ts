import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Places } from '../../src/config/clients/client.ts'
import { clientNamed } from '../../src/config/setup/client-named.ts'
import { type Disk, nodeDisk } from '../../src/config/setup/disk.ts'
import type { OwnAddress } from '../../src/config/setup/own-entry.ts'
import { type ClientDone, createSetup, type Setup } from '../../src/config/setup/setup.ts'
import { createUndo, type Undo, type UndoDone } from '../../src/config/setup/undo.ts'
import { temporaryFolder } from './servers.ts'

export const OWN = { command: '/usr/bin/node', args: ['/opt/gateway/cli.js', 'serve'] }

/** The home of a user with files of clients in it. */
export interface SetupHome {
  readonly places: Places
  /** The user's configuration folder. */
  readonly folder: string
  readonly ownFile: string
  fileOf(client: string): string
  textOf(client: string): string
  write(client: string, text: string): void
  own(): { readonly $schema?: string; readonly servers: Record<string, unknown> }
  setup(own?: OwnAddress, disk?: Disk): Promise<Setup>
  undo(disk?: Disk): Promise<Undo>
  run(client: string, own?: OwnAddress): Promise<ClientDone>
  runUndo(client: string): Promise<readonly UndoDone[]>
  /** All files below the home with their texts. */
  files(): Record<string, string>
}

export function setupHome(texts: Readonly<Record<string, string>> = {}): SetupHome {
  const home = temporaryFolder()
  const places: Places = { platform: 'linux', home, cwd: join(home, 'work'), env: {} }
  const folder = join(home, '.config', 'mcp-optimizer')
  const ownFile = join(folder, 'mcp-optimizer.json')
  const fileOf = (client: string): string => clientNamed(client).userFile(places)
  let time = Date.parse('2026-11-30T12:00:00Z')
  const now = (): Date => new Date((time += 1_000))
  const made: SetupHome = {
    places,
    folder,
    ownFile,
    fileOf,
    textOf: (client) => readFileSync(fileOf(client), 'utf8'),
    write(client, text) {
      mkdirSync(dirname(fileOf(client)), { recursive: true })
      writeFileSync(fileOf(client), text)
    },
    own: () => JSON.parse(readFileSync(ownFile, 'utf8')) as ReturnType<SetupHome['own']>,
    setup: async (own = OWN, disk = nodeDisk) =>
      await createSetup({ places, folder, own, disk, now: now(), schema: async () => '{}\n' }),
    undo: async (disk = nodeDisk) => await createUndo({ places, folder, disk, now: now() }),
    run: async (client, own) => await (await made.setup(own)).run(clientNamed(client)),
    runUndo: async (client) => await (await made.undo()).run(clientNamed(client)),
    files: () => filesBelow(home),
  }
  for (const [client, text] of Object.entries(texts)) made.write(client, text)
  return made
}

function filesBelow(folder: string): Record<string, string> {
  if (!existsSync(folder)) return {}
  return Object.assign(
    {},
    ...readdirSync(folder).map((name) => {
      const path = join(folder, name)
      return statSync(path).isDirectory() ? filesBelow(path) : { [path]: readFileSync(path, 'utf8') }
    }),
  ) as Record<string, string>
}
