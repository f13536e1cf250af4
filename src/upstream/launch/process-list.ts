import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { platform } from 'node:os'

/** The command lines of a process group; undefined where this machine has no cheap way to tell. */
export async function commandsOf(group: number): Promise<readonly string[] | undefined> {
  switch (platform()) {
    case 'linux':
      return await fromProc(group)
    case 'win32':
      return undefined
    default:
      return await fromPs(group)
  }
}

async function fromProc(group: number): Promise<readonly string[] | undefined> {
  const ids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    ids.map(async (id) => {
      const status = await readFile(`/proc/${id}/stat`, 'utf8').catch(() => '')
      // The name in parentheses may hold anything; after it: state, parent, group.
      const [state, , ofGroup] = status.slice(status.lastIndexOf(')') + 2).split(' ')
      if (Number(ofGroup) !== group || state === 'Z') return []
      const command = await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')
      return [command.replaceAll('\0', ' ').trim()]
    }),
  )
  const commands = found.flat()
  return commands.length === 0 ? undefined : commands
}

async function fromPs(group: number): Promise<readonly string[] | undefined> {
  const text = await new Promise<string>((resolve) => {
    execFile('ps', ['-A', '-o', 'pgid=,args='], { timeout: 2_000 }, (_error, stdout) => resolve(stdout))
  })
  const commands = text.split('\n').flatMap((line) => {
    const [, id, command = ''] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? []
    return Number(id) === group ? [command] : []
  })
  return commands.length === 0 ? undefined : commands
}
