import type { Command } from '../command.ts'

export const sandboxImage: Command = {
  name: 'sandbox-image',
  summary: 'Makes the image of the docker sandbox, without any registry',
  usage: '',
  options: { image: { type: 'string' }, socket: { type: 'string' } },
  help: {
    image: "name and tag; default mcp-optimizer-sandbox with this package's version",
    socket: 'path of the engine; default DOCKER_HOST or the usual one',
  },
  values: { image: 'NAME', socket: 'FILE' },
  examples: ['mcp-optimizer sandbox-image', 'mcp-optimizer sandbox-image --socket /run/podman/podman.sock'],
  run: async (context) => await (await import('../sandbox-image.ts')).runSandboxImage(context),
}
