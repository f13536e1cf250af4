// A gateway as a route of Next.js (App Router): POST /api/gateway/mcp and /api/gateway/rpc. In next.config:
// serverExternalPackages: ['mcp-optimizer'], because it starts worker threads from its own files.
import process from 'node:process'
import { createOptimizer, loadConfig } from 'mcp-optimizer'
import { createHandler, type Handler } from 'mcp-optimizer/server'

export const runtime = 'nodejs'

let opened: Promise<Handler> | undefined

async function open(): Promise<Handler> {
  const { config } = await loadConfig({ cwd: process.cwd(), env: process.env })
  const token = process.env['GATEWAY_TOKEN'] ?? ''
  return createHandler(createOptimizer(config), { token, allowedHosts: [process.env['APP_HOST'] ?? 'localhost:3000'] })
}

async function answer(request: Request): Promise<Response> {
  opened ??= open()
  return await (
    await opened
  )(request)
}

export { answer as GET, answer as POST }
