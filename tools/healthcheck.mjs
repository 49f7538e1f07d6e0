/** For containers without curl: exits 0 when the given path (default: readiness) answers on $PORT for the api, on $HEALTH_PORT for a worker. */
const [path = '/health/ready', givenPort] = process.argv.slice(2);
const { HEALTH_PORT, PORT = '8080', SERVICE } = process.env;
const port = givenPort ?? (SERVICE === 'api' ? PORT : (HEALTH_PORT ?? PORT));
try {
  const { status } = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(3_000) });
  if (status >= 500) throw new Error(`${path} answered ${status}`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
