/** How a client starts this program. */
export interface OwnCommand {
  readonly command: string
  readonly args: readonly string[]
  /** Variables that it needs and that not every client hands on. */
  readonly env?: Readonly<Record<string, string>>
}

export interface Installed {
  readonly platform: string
  /** Path of the Node.js that runs this program. */
  readonly node: string
  /** Path of this program's own file, links resolved. */
  readonly script: string
  readonly version: string
}

/**
 * What runs this very program later: its own path, or where npx put it into its cache, which npx may clean, npx with
 * the version pinned. Never an unpinned name: whoever owns that name would decide what clients start.
 */
export function ownCommand({ platform, node, script, version }: Installed): OwnCommand {
  if (!/[\\/]_npx[\\/]/.test(script)) return { command: node, args: [script, 'serve'] }
  const args = ['-y', `mcp-optimizer@${version}`, 'serve']
  return platform === 'win32' ? { command: 'cmd', args: ['/c', 'npx', ...args] } : { command: 'npx', args }
}
