import { relative } from 'node:path'
import type { ProjectIntents } from '../config.ts'
import { Approvals } from './approvals.ts'
import { sha256 } from './claim.ts'
import { intentClaim } from './intents.ts'

/** Tells which intent files may be evaluated: all but those of a project that were not approved with this very text. */
export function admittedIntent(project: ProjectIntents | undefined): (file: string, text: string) => boolean {
  if (project === undefined) return () => true
  return (file, text) => !isOf(project, file) || project.files[file] === sha256(text)
}

/** What an agent saves through the gateway is this user's: it is there again after a restart, as long as nobody changes it. */
export async function approveSaved(
  project: ProjectIntents | undefined,
  file: string,
  source: string,
  at: Date,
): Promise<void> {
  if (project === undefined || !isOf(project, file)) return
  const part = { ...intentClaim(project.folder, file, source), files: {}, reads: new Set<string>() }
  await new Approvals(project.userFolder).add(part, at)
}

function isOf({ paths }: ProjectIntents, file: string): boolean {
  return paths.some((path) => !relative(path, file).startsWith('..'))
}
