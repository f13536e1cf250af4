import { approvalsOf, type LoadOptions, projectParts } from '../../src/config/load.ts'

/** What a user does with `mcp-optimizer trust`: approves all that the working folder would run. */
export async function approveAll(options: LoadOptions): Promise<void> {
  const { parts } = await projectParts(options)
  const approvals = approvalsOf(options)
  for (const part of parts) await approvals.add(part, new Date(0))
}
