import { buildSandboxImage } from '../sandbox/docker/image.ts'
import { type CommandContext, EXIT } from './command.ts'
import { withProgress } from './output.ts'

/** Runs the command `sandbox-image`. */
export async function runSandboxImage(context: CommandContext): Promise<number> {
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
}
