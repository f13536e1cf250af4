import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import type { Client, PlacedFile, Places } from '../../src/config/clients/client.ts'
import { CLIENTS } from '../../src/config/clients/clients.ts'
import { keyOf } from '../../src/config/clients/groups.ts'

const FILE = fileURLToPath(new URL('../../docs/clients.md', import.meta.url))
const [BEGIN, END] = ['<!-- list of src/config/clients -->\n', '<!-- end of list -->']

function rowOf({ name, title, source, reads, writes, unheeded }: ClientDescription): string {
  const rest = unheeded === '' ? '' : `\n  - Not followed: ${unheeded}.`
  return `- [${title}](${source}), \`${name}\`\n  - Read: ${reads.join(', ')}.\n  - Written: ${writes}.${rest}`
}

// `UPDATE_DOCS=1` writes the list.
it('the list of clients in docs/clients.md is that of the code', async () => {
  const list = (await describeClients()).map(rowOf).join('\n')
  const whole = `${BEGIN}\n${list}\n\n${END}`
  const text = readFileSync(FILE, 'utf8')
  const [before = '', rest = ''] = text.split(BEGIN)
  const [, after = ''] = rest.split(END)
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(FILE, `${before}${whole}${after}`)
  else expect(text).toBe(`${before}${whole}${after}`)
})

/** A client in words: what is read and written for it, and what has no effect. */
interface ClientDescription {
  readonly name: string
  readonly title: string
  readonly source: string
  readonly reads: readonly string[]
  readonly writes: string
  readonly unheeded: string
}

/** All clients, with their places on Linux; a working folder of its own and an empty home folder show what is looked for. */
async function describeClients(): Promise<ClientDescription[]> {
  const places: Places = { platform: 'linux', home: '/home/me', cwd: '/work', env: {} }
  return await Promise.all(CLIENTS.map(async (client) => await describe(client, places)))
}

async function describe(client: Client, places: Places): Promise<ClientDescription> {
  const files = (await client.files(places)).filter(({ path }) => !isTwin(path))
  const paths = [
    ...files.map((file) => shown(client, file)),
    ...(client.alsoReads === undefined ? [] : [client.alsoReads]),
  ]
  return {
    name: client.name,
    title: client.title,
    source: client.source,
    reads: [...new Set(paths)],
    writes: client.unwritable === undefined ? `\`${short(client.userFile(places))}\`` : `no: ${client.unwritable}`,
    unheeded: client.unheeded ?? '',
  }
}

/** The same file of another editor made from VS Code. */
function isTwin(path: string): boolean {
  return /\.config\/(?:VSCodium|Cursor|Windsurf|Trae|Antigravity|Code - Insiders)\/User\/(?:globalStorage|settings)/.test(
    path,
  )
}

function shown(client: Client, file: PlacedFile): string {
  const path = `\`${short(file.path)}\``
  if (file.key === false) return `${path} (switches)`
  const key = keyOf(client, file).join('.').replace('/work', 'FOLDER')
  return key === client.key.join('.') ? path : `${path} (\`${key}\`)`
}

function short(path: string): string {
  return path.replace('/home/me/', '~/').replace(/^\/work\//, './')
}
