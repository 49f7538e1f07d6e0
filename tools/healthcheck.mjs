/** For containers without curl: exits 0 when the given path (default: readiness) answers on $HEALTH_PORT, else $PORT. */
const [path = '/health/ready', givenPort] = process.argv.slice(2);
const port = givenPort ?? process.env.HEALTH_PORT ?? process.env.PORT ?? '8080';
try {
  const { status } = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(3_000) });
  if (status >= 500) throw new Error(`${path} answered ${status}`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
