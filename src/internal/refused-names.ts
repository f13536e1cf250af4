/**
 * Names that objects, promises and JSON give a meaning of their own: code asks them of any object. They are never keys of
 * anything that a program sees, and never reach a tool.
 */
export const REFUSED_NAMES: ReadonlySet<string> = new Set([
  '__proto__',
  'constructor',
  'prototype',
  'then',
  'toJSON',
  'valueOf',
  'toString',
  'hasOwnProperty',
  '__defineGetter__',
  '__defineSetter__',
  '__lookupGetter__',
  '__lookupSetter__',
])
