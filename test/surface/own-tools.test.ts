import { describe, expect, it } from 'vitest'
import * as ownTools from '../../src/surface/own-tools.ts'
import { vendorFaults } from '../support/vendor-subsets.ts'

describe("the gateway's own tools (F3)", () => {
  it.each(Object.values(ownTools))('$name is declared as the APIs of models take it', (tool) => {
    expect(tool.name).toMatch(/^[a-z_]{1,64}$/)
    expect(vendorFaults(tool)).toEqual([])
  })
})
