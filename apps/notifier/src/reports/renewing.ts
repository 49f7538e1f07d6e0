const RENEW_MS = 30_000;

/** A claim is renewed while its work lasts, however slow that is; one that ends belonged to a process that died. */
export async function whileRenewing<T>(
  { renew, onFailure }: { readonly renew: () => Promise<void>; readonly onFailure: (error: unknown) => void },
  work: () => Promise<T>,
): Promise<T> {
  const timer = setInterval(() => {
    renew().catch(onFailure);
  }, RENEW_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
