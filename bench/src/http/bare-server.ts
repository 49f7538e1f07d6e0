import { Database, type Runtime } from '@app/shared';
import fastify from 'fastify';

/** What a series is made of, as it lies in the table. */
const HOURS_OF_CIRCUIT = `
  select hour, rx_bytes, tx_bytes, covered_ms, peak_rx_bps, peak_tx_bps, utilization_pct, peak_utilization_pct, bandwidth_down_mbps, bandwidth_up_mbps,
    bandwidth_source, up_ms, down_ms, flaps, counter_reset, latency_count, latency_avg, latency_max, latency_p95, jitter_count, jitter_avg, jitter_max, jitter_p95,
    loss_count, loss_avg, loss_max, loss_p95
  from circuit_hour where org_id = $1 and circuit_id = $2 and hour >= $3 and hour < $4 order by hour`;

interface Asked {
  readonly Params: { readonly circuit: string };
  readonly Querystring: { readonly from: string; readonly to: string };
}

/** A route that runs one query and sends its rows as JSON: nobody is asked who they are, nothing is computed. */
export async function startBareServer(runtime: Runtime, orgId: number): Promise<{ url: string; close(): Promise<void> }> {
  const database = new Database({
    url: runtime.databaseUrl,
    poolSize: runtime.env.databasePoolSize,
    applicationName: 'mistwatch-bench-bare',
  });
  const server = fastify();
  server.get<Asked>('/hours/:circuit', ({ params, query }) =>
    database.query(HOURS_OF_CIRCUIT, [orgId, Number(params.circuit), query.from, query.to]),
  );
  const url = await server.listen({ port: 0, host: '127.0.0.1' });
  return {
    url,
    close: async () => {
      await server.close();
      await database.close();
    },
  };
}
