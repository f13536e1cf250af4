import { buildSandboxImage } from '../sandbox/docker/image.ts'
import { type Command, EXIT } from './command.ts'
import { withProgress } from './output.ts'

export const sandboxImage: Command = {
  name: 'sandbox-image',
  summary: 'Makes the image of the docker sandbox, without any registry',
  usage: '',
  options: { image: { type: 'string' }, socket: { type: 'string' } },
  help: {
    image: "name and tag; default mcp-optimizer-sandbox with this package's version",
    socket: 'path of the engine; default DOCKER_HOST or the usual one',
  },
  examples: ['mcp-optimizer sandbox-image', 'mcp-optimizer sandbox-image --socket /run/podman/podman.sock'],
  async run(context) {
    const { image, socket } = context.values
    const name = await withProgress(context, 'making the image', 1, async (step) => {
      const built = await buildSandboxImage({
        ...(typeof image === 'string' && { image }),
        ...(typeof socket === 'string' && { socketPath: socket }),
      })
      step()
      return built
    })
    context.stdout.write(`${name}\n`)
    return EXIT.ok
  },
}
