import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { isDeepStrictEqual } from 'node:util'
import { approvalsOf, projectParts } from '../config/load.ts'
import type { Approvals } from '../config/trust/approvals.ts'
import type { Part } from '../config/trust/claim.ts'
import { foldersUp, realPath } from '../config/trust/folders.ts'
import { counted } from '../internal/plural.ts'
import { type CommandContext, EXIT, UsageError } from './command.ts'
import { problemLine } from './gateway.ts'
import { approvalLine, groupBy, partLines, type PartState, type StatedPart } from './trust-text.ts'

/** Runs the command `trust`. */
export async function runTrust(context: CommandContext): Promise<number> {
  const { cwd, positionals, values, stderr } = context
  const [asked] = positionals
  if (['yes', 'list', 'revoke'].filter((name) => values[name] === true).length > 1)
    throw new UsageError('one of --yes, --list and --revoke')
  const approvals = approvalsOf({})
  const folder = resolve(cwd, asked ?? '.')
  for (const path of approvals.list().damaged) stderr.write(`mcp-optimizer: ${path} is damaged and approves nothing\n`)
  if (values['list'] === true) return list(context, approvals, asked === undefined ? undefined : realPath(folder))
  if (values['revoke'] === true) return await revoke(context, approvals, realPath(folder))
  if (!isFolder(folder)) throw new UsageError(`${folder} is no folder`)
  return await approve(context, approvals, folder)
}

async function approve(context: CommandContext, approvals: Approvals, folder: string): Promise<number> {
  const { env, stdout, stderr, values } = context
  const { parts, problems } = await projectParts({ cwd: folder, env })
  for (const problem of problems) stderr.write(`mcp-optimizer: ${problemLine(problem)}\n`)
  const stated = parts.map((part): StatedPart => ({ part, state: stateOf(part, approvals) }))
  const open = stated.filter(({ state }) => state !== 'approved')
  if (values['json'] !== true) stdout.write(shown(stated, folder))
  const isApproved = open.length === 0 || (await isWanted(context))
  // What was shown is what was read: a file that changed since has another hash, and stays out.
  if (isApproved) for (const { part } of open) await approvals.add(part, new Date())
  if (values['json'] === true) stdout.write(`${JSON.stringify(toJson(stated, folder, isApproved))}\n`)
  else if (open.length > 0) stdout.write(isApproved ? 'Approved.\n' : 'Not approved: nothing of it will run.\n')
  return isApproved ? EXIT.ok : EXIT.failed
}

function stateOf(part: Part, approvals: Approvals): PartState {
  const approval = approvals.find(part)
  if (approval !== undefined) return isDeepStrictEqual(approval.files, part.files) ? 'approved' : 'changed'
  return approvals.hasOther(part) ? 'changed' : 'new'
}

function shown(stated: readonly StatedPart[], folder: string): string {
  if (stated.length === 0) return `No file of a project would run anything in ${folder}\n`
  const isAll = stated.every(({ state }) => state === 'approved')
  return `${isAll ? 'Approved already:' : 'Would run:'}\n${partLines(stated).join('\n')}\n`
}

/** Asks whoever sits at the terminal; elsewhere only the flag says yes. */
async function isWanted({ values, stdin, stderr, signal }: CommandContext): Promise<boolean> {
  if (values['yes'] === true) return true
  if (values['json'] === true) return false
  if (stderr.isTTY !== true || !('isTTY' in stdin && stdin.isTTY === true)) {
    stderr.write('mcp-optimizer: no terminal to ask at; --yes approves\n')
    return false
  }
  const terminal = createInterface({ input: stdin, output: stderr })
  try {
    const answer = await terminal.question('Start these whenever the gateway works in this folder? [y/N] ', { signal })
    return /^y(?:es)?$/i.test(answer.trim())
  } catch {
    return false
  } finally {
    terminal.close()
  }
}

function list({ stdout, values }: CommandContext, approvals: Approvals, folder: string | undefined): number {
  const found = approvals
    .list()
    .approvals.filter((approval) => folder === undefined || foldersUp(folder, '').includes(approval.folder))
  if (values['json'] === true) stdout.write(`${JSON.stringify(found)}\n`)
  else if (found.length === 0) stdout.write('nothing is approved\n')
  else for (const [at, of] of groupBy(found, (one) => one.folder)) stdout.write(listed(at, of.map(approvalLine)))
  return EXIT.ok
}

function listed(folder: string, lines: readonly string[]): string {
  return `${folder}\n${lines.map((line) => `  ${line}\n`).join('')}`
}

/** Takes back what holds in a folder: its own approvals, else those of the nearest folder above. */
async function revoke({ stdout, values }: CommandContext, approvals: Approvals, asked: string): Promise<number> {
  const approved = new Set(approvals.list().approvals.map(({ folder }) => folder))
  const folder = foldersUp(asked, '').find((above) => approved.has(above)) ?? asked
  const count = await approvals.revoke(folder)
  if (values['json'] === true) stdout.write(`${JSON.stringify({ folder, revoked: count })}\n`)
  else
    stdout.write(`${count === 0 ? 'nothing was approved' : `took back ${counted(count, 'approval')}`} in ${folder}\n`)
  return EXIT.ok
}

function toJson(stated: readonly StatedPart[], folder: string, approved: boolean): object {
  return {
    folder: realPath(folder),
    approved,
    parts: stated.map(({ part: { reads, ...part }, state }) => ({
      ...part,
      reads: [...reads],
      before: state,
    })),
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}
