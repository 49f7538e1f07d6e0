export { drive, settle, committed, STEP_MS, type Driven } from './stack/drive.js';
export { startStack, type Stack, type StackOptions, type WorkerName } from './stack/stack.js';
export { startServers, type Servers } from './stack/servers.js';
export { ShiftClock } from './stack/shift-clock.js';
export { startMailCatcher, type MailCatcher } from './mail-catcher.js';
export { runDemo, type DemoOptions } from './demo/demo.js';
export { checkConfigCommand, printConfigCommand } from './commands/config.js';
export { importCommand } from './commands/import.js';
export type { Shell } from './commands/context.js';
