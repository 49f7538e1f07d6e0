import 'reflect-metadata';
import { startMistCloud } from '@app/mist-cloud';
import { COLLECT_KINDS, createService } from '@app/shared';
import { waitFor } from '@app/testing';
import { collectorService } from './collector.service.js';
import { runtimeFor, startRig } from './testing/rig.fixture.js';

it('polls every kind of a slow org, though only some at once', async () => {
  const rig = await startRig();
  const cloud = await startMistCloud({ orgs: 1, latencyMs: 1_200 });
  const orgs = cloud.orgs.map(({ id, token }) => ({ id, baseUrl: cloud.url, token }));
  const service = await createService({ ...collectorService, runtime: runtimeFor(rig, cloud.clock, { orgs }) });
  try {
    const complete = async (): Promise<boolean> => {
      const rows = await rig.database.query('select distinct kind from poll_cycle where pages is not null');
      return rows.length === COLLECT_KINDS.length;
    };
    await waitFor(complete, { timeoutMs: 20_000, describe: 'a poll of every kind' });
  } finally {
    await service.close();
    await cloud.close();
    await rig.stop();
  }
});
