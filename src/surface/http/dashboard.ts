import type { Optimizer } from '../../optimizer.ts'
import type { Surface } from '../surface.ts'
import type { Dashboard, DashboardOptions } from '../ui/dashboard.ts'

/**
 * The pages below `/ui`, where the configuration asks for them (`http.dashboard`); dispose them. Nothing of them is loaded
 * otherwise.
 */
export async function openDashboard(
  optimizer: Optimizer,
  surface: Surface,
  options: Pick<DashboardOptions, 'loopDelay' | 'announce'>,
): Promise<Dashboard | undefined> {
  if (!optimizer.config.http.dashboard) return undefined
  const { createDashboard } = await import('../ui/dashboard.ts')
  return createDashboard({ optimizer, surface, ...options })
}
