import { buildSandboxImage } from '../sandbox/docker/image.ts'
import { type CommandContext, EXIT } from './command.ts'
import { type Progress, withProgress } from './output.ts'

const look = (): Progress => ({ done: 0, awaited: '' })

/** Runs the command `sandbox-image`. */
export async function runSandboxImage(context: CommandContext): Promise<number> {
  const { image, socket } = context.values
  const name = await withProgress(context, { title: 'making the image', total: 1, look }, async () => {
    return await buildSandboxImage({
      ...(typeof image === 'string' && { image }),
      ...(typeof socket === 'string' && { socketPath: socket }),
    })
  })
  context.stdout.write(`${name}\n`)
  return EXIT.ok
}
