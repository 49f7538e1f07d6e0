/** Gives the run's servers back; they stop with the last run that uses them. */
export default async function stopServers() {
  await globalThis.stopTestServers?.();
}
