import type { Command } from './command.ts'

/** Commands by name, in the order of the help. What a command does is loaded when it runs, its flags when they are asked for. */
export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  setup: async () => (await import('./commands/setup.ts')).setup,
  serve: async () => (await import('./commands/serve.ts')).serve,
  call: async () => (await import('./commands/call.ts')).call,
  run: async () => (await import('./commands/run-code.ts')).runCode,
  search: async () => (await import('./commands/search.ts')).search,
  intents: async () => (await import('./commands/intents.ts')).intents,
  types: async () => (await import('./commands/types.ts')).types,
  audit: async () => (await import('./commands/audit.ts')).audit,
  report: async () => (await import('./commands/report.ts')).report,
  dashboard: async () => (await import('./commands/dashboard.ts')).dashboard,
  status: async () => (await import('./commands/status.ts')).status,
  receipt: async () => (await import('./commands/receipt.ts')).receipt,
  'audit-log': async () => (await import('./commands/audit-log.ts')).auditLog,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
  login: async () => (await import('./commands/login.ts')).login,
  logout: async () => (await import('./commands/logout.ts')).logout,
  logins: async () => (await import('./commands/logins.ts')).logins,
  'sandbox-image': async () => (await import('./commands/sandbox-image.ts')).sandboxImage,
  token: async () => (await import('./commands/token.ts')).token,
  trust: async () => (await import('./commands/trust.ts')).trust,
  completion: async () => (await import('./commands/completion.ts')).completion,
  import: async () => (await import('./commands/import.ts')).importCommand,
}

export async function commandNamed(name: string): Promise<Command | undefined> {
  return Object.hasOwn(COMMANDS, name) ? await COMMANDS[name]?.() : undefined
}
